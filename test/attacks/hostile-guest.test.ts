import assert from 'node:assert/strict';
import { rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { bootWeb1, cdImage, createOther, eventsKept, otherIsServed } from '../support/booted-guest.ts';
import { usedByDaemon } from '../support/daemon-usage.ts';
import type { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { obeyedIn } from '../support/terminal-controls.ts';

/** Root in a booted Debian, against the daemon: by what makes QEMU tell of it, by what is shown of it, by a CD that changes under it. */
let lodge: LodgeInstance;
let shell: GuestShell;
let iso = '';

before(async () => {
  lodge = await LodgeInstance.open('lghg');
  iso = join(lodge.root, 'cd.iso');
  await writeFile(iso, cdImage('first'));
  await createOther(lodge);
  shell = await bootWeb1(lodge, ['--machine', 'q35', '--iso', iso]);
});
after(async () => {
  await lodge.run(['rm', 'web1', 'other', '--yes']);
  await lodge.close();
});

async function put(path: string, content: string | Buffer): Promise<void> {
  const input = Buffer.from(content).toString('base64');
  const { exitCode, stderr } = await lodge.run(['ssh', 'web1', '--', `base64 -d >${path}`], {}, { input });
  assert.equal(exitCode, 0, stderr);
}

/** What QEMU tells of processors: register 5 chooses, each write to 8 has ACPI_DEVICE_OST told (docs/specs/acpi_cpu_hotplug.rst of QEMU; q35: 0x0cd8). */
const OST_FLOOD = `use Fcntl; sysopen(my $port, "/dev/port", O_WRONLY) or die "port: $!";
sysseek($port, 0xcd8 + 5, 0); syswrite($port, "\\x02");
my $end = time + 20; while (time < $end) { for (1 .. 1000) { sysseek($port, 0xcd8 + 8, 0); syswrite($port, "\\x01"); } }`;
const FLOODS = `
perl /root/ost.pl &
end=$(($(date +%s) + 20))
while [ "$(date +%s)" -lt $end ]; do hwclock --systohc || true; done >/dev/null 2>&1 &
while [ "$(date +%s)" -lt $end ]; do for port in /dev/virtio-ports/*; do : <>"$port" || true; done; done >/dev/null 2>&1 &
while [ "$(date +%s)" -lt $end ]; do ip link set eth0 promisc on; ip link set eth0 promisc off; done >/dev/null 2>&1 &
wait
`;

test('a flood of what QEMU tells takes the daemon’s time, its memory or its database', async () => {
  await put('/root/ost.pl', OST_FLOOD);
  const [events, begun] = [eventsKept(lodge).length, await usedByDaemon(lodge)];
  const flood = lodge.spawn(['ssh', 'web1', '--', FLOODS]);
  const ended = new Promise((resolve) => flood.once('close', resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await eventually('it comes in', async () => (await usedByDaemon(lodge)).read - begun.read > MIB, 60_000);
  while (!isOver) await otherIsServed(lodge);
  const used = await usedByDaemon(lodge);
  const all = used.read - begun.read;
  assert.ok(all > 4 * MIB, `only ${all} bytes came`);
  assert.ok(used.most - begun.most < 64 * MIB);
  assert.ok(eventsKept(lodge).length - events < 10);
  assert.equal((await lodge.run(['exec', 'web1', '--', 'true'])).exitCode, 0);
});

/** A title, C1's CSI, an override of direction, and a line that hides what stands before it. */
const HOSTILE_TEXT = '\x1b]0;owned\x07\u009b2Jone\u202etwo\rthree\x1b[2K';

test('what a guest writes to its serial port reaches a terminal by `lodge logs`', async () => {
  await put('/root/text', `${HOSTILE_TEXT}\nits end\n`);
  await shell.run('cat /root/text >/dev/ttyS0');
  const { stdout } = await eventually('the log has it', async () => {
    const logs = await lodge.run(['logs', 'web1']);
    return logs.stdout.includes('its end') ? logs : null;
  });
  assert.deepEqual(obeyedIn(stdout), []);
});

test('a host name that a terminal obeys reaches one by `lodge show` or `lodge ls`', async () => {
  await put('/root/name', `${HOSTILE_TEXT.slice(0, 40)}`);
  await shell.run('cat /root/name >/proc/sys/kernel/hostname');
  for (const words of [['show', 'web1'], ['ls'], ['show', 'web1', '--json']]) {
    const { exitCode, stdout, stderr } = await lodge.run(words);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(obeyedIn(stdout + stderr), [], words.join(' '));
  }
  await shell.run('hostname web1');
});

test('a CD that is cut short, replaced or taken away under a running guest ends it, or holds the daemon up', async () => {
  const read = 'dd if=/dev/sr0 bs=2048 iflag=direct of=/dev/null 2>&1 || true';
  await shell.run(read);
  await truncate(iso, 2048);
  await shell.run(read);
  await truncate(iso, 0);
  await shell.run(`${read}; ${read}`);
  await writeFile(`${iso}.new`, cdImage('second'));
  await rename(`${iso}.new`, iso);
  await shell.run(read);
  await otherIsServed(lodge);
  assert.equal((await lodge.show('web1')).phase, 'running');
});

test('a guest that resets itself again and again is one guest, and the next reset is its own', async () => {
  await shell.run('(sleep 1; echo b >/proc/sysrq-trigger) >/dev/null 2>&1 &');
  const events = eventsKept(lodge).length;
  await otherIsServed(lodge);
  await shell.until('cat /proc/uptime', /^\d/);
  assert.ok(eventsKept(lodge).length - events < 10);
});
