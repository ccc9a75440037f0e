import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec } from '../src/host/exec.ts';
import { systemdRunArguments } from '../src/qemu/launch.ts';
import { renderNetworkUnits } from '../src/render/network-units.ts';
import { renderDaemonUnits } from '../src/render/systemd-units.ts';

// `systemd-analyze security` of every unit that Lodge makes on a host: how exposed it is, and that each line which it still finds has its
// reason in the decision.

const DECISION = join(import.meta.dirname, '../docs/decisions/0023-what-each-process-may.md');
const PROGRAM = '/bin/sh';
/** From 0 to 10, in tenths: those of systemd 252, with what a newer one counts more. */
const MOST: Record<string, number> = {
  'lodge.service': 70,
  'lodge-network.service': 40,
  'lodge-network-late.service': 40,
  'lodge-guest-web1.service': 40,
};

/** As systemd writes a transient unit down. */
function guestUnit(): { name: string; text: string } {
  const logs = { qemuLog: { file: '/var/log/x', pipe: '/run/x' }, serialLog: null };
  const launch = { binary: PROGRAM, argv: [], user: null, confinement: null, logs, logWriter: null };
  const words = systemdRunArguments(launch, { name: 'lodge-guest-web1', description: 'web1' }, null);
  const properties = words.flatMap((word) =>
    word.startsWith('--property=') ? [word.slice('--property='.length)] : [],
  );
  return {
    name: 'lodge-guest-web1.service',
    text: ['[Service]', `ExecStart=${PROGRAM}`, ...properties, ''].join('\n'),
  };
}

const UNITS = [
  ...renderDaemonUnits({ command: [PROGRAM, 'x'], socketPath: '/run/lodge/lodge.sock', group: 'lodge' }),
  ...renderNetworkUnits('/var/lib/lodge/network/boot.sh'),
  guestUnit(),
].filter(({ name }) => name.endsWith('.service'));

async function withUnits<T>(use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'lodge-units-'));
  try {
    const directory = join(root, 'etc/systemd/system');
    await mkdir(directory, { recursive: true });
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, PROGRAM), '', { mode: 0o755 });
    for (const { name, text } of UNITS) await writeFile(join(directory, name), text);
    return await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

const analyze = (root: string, words: string[], okExitCodes = [0]) =>
  exec('systemd-analyze', ['security', '--no-pager', '--offline=yes', `--root=${root}`, ...words], { okExitCodes });

test('no unit is more exposed than it was', async () => {
  assert.deepEqual(UNITS.map(({ name }) => name).sort(), Object.keys(MOST).sort());
  await withUnits(async (root) => {
    for (const { name } of UNITS) {
      const { stdout, exitCode } = await analyze(root, [`--threshold=${MOST[name]}`, name], [0, 1]);
      assert.equal(exitCode, 0, stdout);
    }
    // What is measured is the unit, and not a file that nobody read.
    const { stdout } = await analyze(root, ['lodge.service']);
    assert.match(stdout, /✓ RestrictRealtime=/);
  });
});

test('each line that a unit still has is in the decision, with its reason', async () => {
  // A bar in a table's cell is escaped.
  const decision = (await readFile(DECISION, 'utf8')).replaceAll('\\|', '|');
  await withUnits(async (root) => {
    for (const { name } of UNITS) {
      const { stdout } = await analyze(root, ['--json=short', name]);
      const lines = JSON.parse(stdout) as { name: string; exposure: string | null; set: boolean | null }[];
      const found = lines.filter(({ exposure }) => exposure !== null && Number(exposure) > 0);
      assert.ok(found.length > 5);
      const without = found.filter((line) => !decision.includes(`\`${line.name}\``));
      assert.deepEqual(without, [], name);
    }
  });
});
