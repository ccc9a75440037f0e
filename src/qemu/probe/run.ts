import { release } from 'node:os';
import { readIfPresent, writeFileAtomically } from '../../host/files.ts';
import type { AcceleratorMeasurement, AcceleratorReport } from '../../model/doctor.ts';
import { FILES } from '../../model/file-modes.ts';
import type { Accelerator } from '../../model/guest.ts';
import type { QemuAbilities } from '../../model/qemu-abilities.ts';
import { bootProbe, type ProbeBoot } from './boot.ts';
import { judgeRun } from './judge.ts';
import { parseMarks } from './marks.ts';

/** KVM must be done in 3 s to be taken at all; emulation may be slow on a busy host, and is the last resort. */
const LIMIT_MS: Record<Accelerator, number> = { kvm: 4_000, tcg: 20_000 };
/** The model guests get with `cpu: auto`. */
const CPU: Record<Accelerator, string> = { kvm: 'host', tcg: 'max' };
/** A model so plain that every KVM can present it. */
const PLAIN_CPU = 'qemu64';

interface ProbeOptions {
  /** A directory QEMU's user can enter. */
  workDir: string;
  user: { uid: number; gid: number } | null;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Boots the probe under one accelerator and judges it. KVM that cannot even present the host's CPU is booted once more
 * with a plain one: the verdict stays, the numbers help to understand it.
 */
export async function measureAccelerator(
  abilities: QemuAbilities,
  accel: Accelerator,
  options: ProbeOptions,
): Promise<AcceleratorMeasurement> {
  if (!abilities.accelerators.includes(accel)) return absent(accel);
  const boot: ProbeBoot = {
    ...options,
    abilities,
    accel,
    cpu: CPU[accel],
    timeoutMs: options.timeoutMs ?? LIMIT_MS[accel],
  };
  const run = await bootProbe(boot);
  const measured = judgeRun(accel, run);
  const diedAtStart = measured.verdict === 'broken' && !run.timedOut && !parseMarks(run.lines).started;
  if (accel === 'tcg' || !diedAtStart) return measured;
  const plain = judgeRun(
    accel,
    await bootProbe({ ...boot, cpu: PLAIN_CPU, timeoutMs: Math.max(1, Math.ceil(boot.timeoutMs - run.tookMs)) }),
  );
  const reason = `with -cpu ${boot.cpu}: ${measured.reason}; with -cpu ${PLAIN_CPU}: ${plain.reason}`;
  return { ...plain, verdict: 'broken', reason };
}

function absent(accel: Accelerator): AcceleratorMeasurement {
  const times = { wholeRunMs: null, arithmeticMs: null, contextSwitchMs: null, pageFaultMs: null, portIoMs: null };
  return { accel, verdict: 'absent', reason: `this QEMU was built without ${accel}`, ...times };
}

/**
 * Measures every accelerator and chooses: KVM when it works, else emulation. Takes 0.3 s with a good KVM and at most 5 s with a
 * bad one; with `cacheFile` the answer is kept for as long as host boot, kernel and QEMU stay the same.
 */
export async function probeAccelerators(
  options: ProbeOptions & { abilities: QemuAbilities; cacheFile?: string; refresh?: boolean },
): Promise<AcceleratorReport> {
  const { abilities, cacheFile } = options;
  const bootId = ((await readIfPresent('/proc/sys/kernel/random/boot_id')) ?? 'unknown').trim();
  const stamp = { bootId, kernelRelease: release(), qemuVersion: abilities.version };
  const kept = cacheFile === undefined || options.refresh ? null : await readCache(cacheFile, stamp);
  if (kept !== null) return kept;
  const measurements = [
    await measureAccelerator(abilities, 'kvm', options),
    await measureAccelerator(abilities, 'tcg', options),
  ];
  const report = { ...chooseAccelerator(measurements), measurements, ...stamp, measuredAtMs: Date.now() };
  if (cacheFile !== undefined)
    await writeFileAtomically(cacheFile, `${JSON.stringify(report, null, 2)}\n`, { mode: FILES.accelerators.mode });
  return report;
}

/** The first that works, in the order given. */
export function chooseAccelerator(
  measurements: AcceleratorMeasurement[],
): Pick<AcceleratorReport, 'chosen' | 'reason'> {
  const works = measurements.find(({ verdict }) => verdict === 'works');
  const refused = measurements
    .slice(0, works === undefined ? undefined : measurements.indexOf(works))
    .map(({ accel, verdict, reason }) => `${accel} is ${verdict}: ${reason}`);
  if (works === undefined) return { chosen: null, reason: refused.join('; ') };
  return { chosen: works.accel, reason: [`${works.accel} works: ${works.reason}`, ...refused].join('; ') };
}

type Stamp = Pick<AcceleratorReport, 'bootId' | 'kernelRelease' | 'qemuVersion'>;

async function readCache(cacheFile: string, stamp: Stamp): Promise<AcceleratorReport | null> {
  let report: AcceleratorReport | null;
  try {
    report = JSON.parse((await readIfPresent(cacheFile)) ?? 'null') as AcceleratorReport | null;
  } catch {
    // A file of ours that is no JSON was not written by us: measure anew and replace it.
    return null;
  }
  const same = (Object.keys(stamp) as (keyof Stamp)[]).every((key) => report?.[key] === stamp[key]);
  return same && Array.isArray(report?.measurements) ? report : null;
}
