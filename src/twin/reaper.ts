import { readdir, readFile } from 'node:fs/promises';
import { exec, type HeldProcess, startHeld } from '../host/exec.ts';

/** Every namespace of a twin begins so: `lodge-twin.PID.STARTTIME.LABEL-host`. */
const FAMILY = 'lodge-twin';
const NAMED = /^lodge-twin\.(\d+)\.(\d+)\./;

/**
 * Ends what runs in the namespaces of one twin and deletes them, once its standard input ends: in order (`done`), or because its
 * owner was killed. In the second case a namespace may be in the making still: it looks again a second later.
 */
const REAPER = `
sweep() {
  for path in /run/netns/"$0"*; do
    [ -e "$path" ] || continue
    name="\${path##*/}"
    for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
    ip netns delete "$name" 2>/dev/null
  done
}
word=
read -r word
sweep
if [ "$word" != done ]; then sleep 1; sweep; fi
`;

/** What this process's twins are called; `label` tells them apart. A process id alone is used again after a while. */
export async function twinPrefix(label: string): Promise<string> {
  return `${FAMILY}.${process.pid}.${await startTimeOf(process.pid)}.${label}-`;
}

/** Starts the process that clears `prefix` away after us. `release('done')` is how a twin is taken down. */
export function startReaper(prefix: string): Promise<HeldProcess> {
  return startHeld('sh', ['-c', REAPER, prefix]);
}

/** Clears away the twins of processes that are gone, and whose reaper was killed with them. Returns the names. */
export async function sweepStaleTwins(): Promise<string[]> {
  const names = await readdir('/run/netns').catch(() => []);
  const stale: string[] = [];
  for (const name of names) {
    const match = NAMED.exec(name);
    if (match !== null && (await startTimeOf(Number(match[1]))) !== match[2]) stale.push(name);
  }
  for (const name of stale) {
    const { stdout } = await exec('ip', ['netns', 'pids', name], { okExitCodes: [0, 1] });
    for (const pid of stdout.split('\n').filter(Boolean)) endProcess(Number(pid));
    await exec('ip', ['netns', 'delete', name], { okExitCodes: [0, 1] });
  }
  return stale;
}

/** When a process began, in ticks since boot (proc(5), field 22 of stat); `0` when there is no such process. */
async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets, which may hold spaces and brackets itself.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
