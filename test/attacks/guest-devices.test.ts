import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KIB, MIB } from '../../src/base/size.ts';
import { guestLayoutOf } from '../../src/model/layout.ts';
import { bootWeb1, cdImage, createOther, eventsKept, otherIsServed, PATIENCE_MS } from '../support/booted-guest.ts';
import { usedByDaemon } from '../support/daemon-usage.ts';
import type { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

/** Root in a booted Debian, by the devices of his guest: he writes into their registers, and changes what his network card listens to. */
let lodge: LodgeInstance;
let shell: GuestShell;
let iso = '';

before(async () => {
  lodge = await LodgeInstance.open('lggd');
  iso = join(lodge.root, 'cd.iso');
  await writeFile(iso, cdImage('cd'));
  await createOther(lodge);
  shell = await bootWeb1(lodge, ['--iso', iso, '--watchdog', 'none']);
});
after(async () => {
  await lodge.run(['rm', 'web1', 'other', '--yes']);
  await lodge.close();
});

/** By the agent: the network may be gone. */
async function inGuest(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lodge.run(
    ['exec', 'web1', '--', 'sh', '-c', script],
    {},
    { timeoutMs: PATIENCE_MS },
  );
  assert.equal(exitCode, 0, stderr);
  return stdout.trim();
}

/** Whatever is done in the guest meanwhile costs the daemon little, and the others nothing. */
async function whileServed(work: Promise<unknown>): Promise<void> {
  const sizeOfLog = async () => (await stat(lodge.layout.daemonLog)).size;
  const [events, { most }, log] = [eventsKept(lodge).length, await usedByDaemon(lodge), await sizeOfLog()];
  let isOver = false;
  void work.catch(() => {}).finally(() => (isOver = true));
  do await otherIsServed(lodge);
  while (!isOver);
  await work;
  assert.ok((await usedByDaemon(lodge)).most - most < 64 * MIB);
  assert.ok(eventsKept(lodge).length - events < 10);
  assert.ok((await sizeOfLog()) - log < 64 * KIB);
}

/**
 * The register in which the balloon's driver says how many pages it has given back: behind the common ones of the legacy interface,
 * which are four bytes more while MSI-X is on (virtio 1.2, 4.1.4.10 and 5.5.4).
 */
const BALLOON = `
open(my $resource, "<", "/sys/bus/pci/devices/0000:00:05.0/resource") or die "balloon: $!"; my $base = hex((split " ", <$resource>)[0]);
open(my $ports, "+<", "/dev/port") or die "port: $!";
sub give { for my $at (20, 24) { sysseek($ports, $base + $at + 4, 0); syswrite($ports, pack("V", $_[0])) } }
`;

for (const [what, pages] of [
  ['has given back 16 TiB', '0xffffffff'],
  ['has given back more than it has', '0x20001'],
] as const) {
  test(`a balloon that says it ${what} makes nonsense of what is shown`, async () => {
    await inGuest(`perl -e '${BALLOON} give(${pages});'`);
    const { memoryActualMiB } = await lodge.show('web1');
    assert.ok(memoryActualMiB === null || (memoryActualMiB >= 0 && memoryActualMiB <= 512), `${memoryActualMiB}`);
    for (const words of [['show', 'web1'], ['ls'], ['api', 'GET', '/v1/metrics']]) {
      const { exitCode, stdout, stderr } = await lodge.run(words);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stdout, /NaN|TiB|-\d+(\.\d+)? ?[KMGT]iB/);
    }
    await inGuest(`perl -e '${BALLOON} give(0);'`);
    assert.equal((await lodge.show('web1')).memoryActualMiB, 512);
  });
}

test('a balloon that is blown up and let down without end, and events of it, take the daemon’s time or memory', async () => {
  await whileServed(
    inGuest(`perl -e '${BALLOON} my $end = time + 15; while (time < $end) { give($_ * 4096) for 0 .. 31 } give(0);'`),
  );
});

test('a guest changes its MAC, listens to everything and joins thousands of groups: others, and the host’s tables, do not notice', async () => {
  const host = (...words: string[]) =>
    lodge.namespaces.run('host', words[0] ?? '', words.slice(1)).then(({ stdout }) => stdout);
  const neighbours = async () => (await host('ip', 'neighbour', 'show')).split('\n').length;
  const groups = async () => (await host('ip', 'maddress', 'show')).split('\n').length;
  const before = [await neighbours(), await groups()];
  const mac = await inGuest('cat /sys/class/net/eth0/address');
  await whileServed(
    inGuest(`
      sysctl -qw net.ipv4.igmp_max_memberships=10000 net.ipv6.mld_max_msf=10000
      for n in $(seq 1 1500); do echo "maddress add 33:33:00:01:$(printf %02x:%02x $((n / 256)) $((n % 256))) dev eth0"; done >/root/joins
      ip -batch /root/joins
      perl -MSocket -e 'my @held; for my $n (0 .. 1999) { socket(my $s, AF_INET, SOCK_DGRAM, 0) or last; push @held, $s;
        setsockopt($s, 0, 35, pack("C4 C4", 239, 1, $n / 250, 1 + $n % 250, 0, 0, 0, 0)); } sleep 2'
      for n in $(seq 1 10); do
        ip link set eth0 address 02:00:00:00:00:$(printf %02x $n); ip link set eth0 promisc on; ip link set eth0 allmulticast on
        ping -c1 -W1 -i0.2 fe80::1%eth0 || true; arping -c1 -w1 10.0.0.1 || true; ip link set eth0 promisc off
      done >/dev/null 2>&1
      ip link set eth0 address ${mac}`),
  );
  assert.deepEqual([await neighbours(), await groups()], before);
  // A question for the gateway's MAC comes before everything else that it says.
  const refused = /"name": "spoofed_(mac|link_address)"[^}]*"packets": [1-9]/;
  assert.match(await host('nft', '-j', 'list', 'counters'), refused);
  await shell.until('echo back', /back/);
});

/** WDIOC_SETTIMEOUT of linux/watchdog.h; what was armed and not fed in time is begun again. */
const EXPIRING = `perl -e 'my $end = time + 20; while (time < $end) { open(my $dog, ">", "/dev/watchdog0") or die "watchdog: $!";
  my $second = pack("i", 1); ioctl($dog, 0xc0045706, $second) or die "timeout: $!"; select(undef, undef, undef, 1.5);
  syswrite($dog, "V"); close $dog }'`;
/** systemd holds it, and lets it go when its driver does. */
const TAKE = 'cd /sys/bus/pci/drivers/i6300* && dog=$(echo 0000:*) && echo $dog >unbind && echo $dog >bind';

test('a watchdog that runs out again and again takes the daemon’s time, its log or its events', async () => {
  await inGuest(TAKE);
  await whileServed(inGuest(EXPIRING));
  assert.ok(eventsKept(lodge).some(({ type }) => type === 'guest.watchdog'));
});

/** CDROMEJECT, CDROMCLOSETRAY and CDROM_LOCKDOOR of linux/cdrom.h; the tray stays locked. */
const TRAY = `perl -MFcntl -e 'sysopen(my $cd, "/dev/sr0", O_RDONLY | O_NONBLOCK) or die "cd: $!"; my ($times, $end) = (0, time + 15);
  while (time < $end) { ioctl($cd, 0x5329, 0); ioctl($cd, 0x5309, 0) and $times++; ioctl($cd, 0x5319, 0); ioctl($cd, 0x5329, 1) } print $times'`;

test('a tray that opens and closes without end takes the daemon’s time, or its CD from the owner', async () => {
  const looping = inGuest(TRAY);
  await whileServed(looping);
  assert.ok(Number(await looping) > 10, await looping);
  for (const words of [['--eject'], ['--iso', iso]]) {
    const { exitCode, stderr } = await lodge.run(['set', 'web1', ...words]);
    assert.equal(exitCode, 0, stderr);
  }
  assert.equal(await inGuest('head -c 2048 /dev/sr0 | wc -c'), '2048');
});

/** Says `R` at the serial port and makes a triple fault, by a table of interrupts that has no room. */
const FAULT = 'ba f8 03 b0 52 ee 31 c0 8e d8 0f 01 1e 10 7c cc 00 00 00 00 00 00';

test('a guest that resets itself by triple faults for ever takes the daemon’s time, its events or its disk', async () => {
  const layout = guestLayoutOf(lodge.layout, 'web1', 'qcow2');
  const resets = async () =>
    ((await readFile(layout.serialLog.file, 'latin1')).split('--- lodge').at(-1)?.match(/R/g) ?? []).length;
  await inGuest(
    `perl -e 'print pack "H*", "${FAULT.replaceAll(' ', '')}"' | dd of=/dev/vda bs=1 conv=notrunc,fsync 2>/dev/null`,
  );
  await shell.run('(sleep 1; echo b >/proc/sysrq-trigger) >/dev/null 2>&1 &').catch(() => {});
  const before = await resets();
  await whileServed(eventually('it resets itself', async () => (await resets()) > before + 20, PATIENCE_MS));
  const { size } = await stat(layout.qemuLog.file);
  assert.ok(size < MIB);
  assert.equal((await lodge.show('web1')).phase, 'running');
  const { exitCode, stderr } = await lodge.run(['kill', 'web1']);
  assert.equal(exitCode, 0, stderr);
});
