import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HOST_PACKAGES } from '../../src/engine/setup/packages.ts';
import { exec } from '../../src/host/exec.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';
import type { GuestDetail } from '../../src/model/guest-view.ts';
import { hostDisk } from '../support/host-disk.ts';
import { eventually, Namespaces } from '../support/netns.ts';
import { makePackageDisk } from '../support/package-disk.ts';
import { WholeMachine } from '../support/whole-machine.ts';

// A kernel booted with ipv6.disable=1: no namespace can be like that. A whole Debian, looked into by a serial port.
const LIMIT_MS = 600_000;
const BLANK = '--image none --disk 64MiB --memory 64MiB --accel tcg --boot order=n --no-wait';

const spaces = new Namespaces('h6');
let dir = '';
let machine: WholeMachine;

before(async () => {
  const packages = [...HOST_PACKAGES, 'busybox'];
  const disk = await hostDisk({ name: 'without-ipv6-12', packages, kernelWords: 'ipv6.disable=1' });
  dir = await mkdtemp('/tmp/lodge-host-');
  await spaces.add('wire');
  await spaces.ip('wire', ['tuntap add dev tap0 mode tap', 'link set tap0 up']);
  const parts = { disk: join(dir, 'host.qcow2'), secondDisk: await makePackageDisk(dir) };
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', disk.image, parts.disk, '6G']);
  const wire = { namespace: spaces.nameOf('wire'), tap: 'tap0', mac: '02:00:00:aa:00:10' };
  machine = new WholeMachine({ ...parts, ...wire, dir });
  machine.powerOn();
  await eventually('the host is up', isUp, LIMIT_MS);
});

after(async () => {
  await machine?.cutPower();
  await spaces.close();
  await rm(dir, { recursive: true, force: true });
});

async function isUp(): Promise<boolean> {
  const ended = machine.ended();
  if (ended !== null) throw new Error(`${ended} ${await machine.lastWords()}`);
  return machine.look('systemctl is-active multi-user.target', 20_000).then(
    (said) => said === 'active',
    () => false,
  );
}

/** What a command printed, and it ended well. */
async function run(command: string): Promise<string> {
  const said = await machine.look(`{ ${command}; } 2>&1; echo; echo code=$?`, LIMIT_MS);
  return said.replace(/\n*code=\d+$/, '').trim();
}

async function json<T>(words: string): Promise<T> {
  return JSON.parse(await machine.look(`lodge ${words} --json 2>/dev/null`, LIMIT_MS)) as T;
}

test('the first guest is made, with IPv4 alone, told in one line, and doctor says the same', async () => {
  assert.equal(
    await run('ls -d /proc/sys/net/ipv6'),
    "ls: cannot access '/proc/sys/net/ipv6': No such file or directory",
  );
  const said = await run(`lodge create web1 ${BLANK}`);
  assert.match(
    said,
    /with its MAC and an IPv4 address alone: IPv6 is switched off in this host's kernel \(ipv6\.disable=1\)/,
  );
  assert.match(said, /web1 is running at 10\.[\d.]+\n/);
  const { spec, phase, pid } = await json<GuestDetail>('show web1');
  assert.deepEqual([phase, spec.nic.ipv6, typeof pid], ['running', null, 'number'], said);
  const { checks } = await json<DoctorReport>('doctor');
  const check = (id: string) => checks.find((each) => each.id === id);
  assert.match(check('ipv6')?.summary ?? '', /^guests get IPv4 alone: IPv6 is switched off in this host's kernel/);
  assert.deepEqual(
    [check('nft')?.status, check('forwarding')?.status, check('name-service')?.status],
    ['ok', 'ok', 'ok'],
  );
});

test('an IPv6 address, and a guest without IPv4, are refused with the reason', async () => {
  for (const words of ['--ipv6 fd00::1', '--ipv4 none']) {
    assert.match(await run(`lodge create web2 ${BLANK} ${words}`), /IPv6 is switched off in this host's kernel/, words);
  }
  assert.match(
    await run(`lodge create web3 ${BLANK} --ipv6 none --publish 8080:80 --publish 0.0.0.0:81:80`),
    /is running/,
  );
});

test('its tap, rules and routes have no IPv6, and it gets DHCP and DNS', async () => {
  const { spec } = await json<GuestDetail>('show web1');
  const { nic } = spec;
  const rules = await run('nft list ruleset');
  assert.match(rules, /table ip lodge \{/);
  assert.doesNotMatch(rules, /table (inet|ip6) lodge/);
  assert.match(await run(`ip address show dev ${nic.tap}`), /inet 10\./);
  // The firmware's own network boot asks by DHCP: a real client behind a real tap.
  const leases = () => run('cat /run/lodge/nat/leases');
  await eventually('a lease', async () => (await leases()).includes(`${nic.mac} ${nic.ipv4}`), LIMIT_MS);
  assert.equal(await askDns(spec.name, nic.tap, String(nic.ipv4)), nic.ipv4);
});

test('what reads the host’s network does so without IPv6', async () => {
  assert.match(await run('lodge net facts --json | head -c 20'), /^\{/);
  assert.match(await run('lodge ls'), /web1/);
  assert.match(await run('lodge restart web1 --timeout 1s --no-wait; lodge ls'), /web1 .*running/);
  assert.match(await run('lodge rm web1 web3 --yes; nft list ruleset; ip -br link'), /lo /);
  assert.doesNotMatch(await run('nft list ruleset; ip -br link'), /lodge|lg[0-9a-f]{12}/);
});

/** A namespace in the place of a guest, on a tap of the instance's name, asks for a name. */
async function askDns(name: string, tap: string, expected: string): Promise<string> {
  const [other, mac] = [`${tap.slice(0, 6)}00000001`, '52:54:00:00:00:77'];
  const gateway = /inet ([\d.]+)\//.exec(await run(`ip -4 address show dev ${tap}`))?.[1] ?? '';
  const guest = gateway.replace(/\.1$/, '.200');
  await run(`ip netns add g && ip link add ${other} type veth peer name eth0 netns g`);
  await run(`ip address add ${gateway}/20 dev ${other} noprefixroute && ip link set ${other} up`);
  await run(`ip route add ${guest}/32 dev ${other} && nft add element ip lodge macs '{ "${other}" . ${mac} }'`);
  await run(`nft add element ip lodge sources4 '{ "${other}" . ${mac} . ${guest} }'`);
  await run(`nft add element arp lodge senders '{ "${other}" . ${mac} . ${mac} . ${guest} }'`);
  await run(`ip -n g link set eth0 address ${mac} up && ip -n g address add ${guest}/20 dev eth0`);
  let said = '';
  const ask = async () => {
    said = await run(`ip netns exec g busybox nslookup -type=a ${name}.lodge ${gateway}`);
    return said.includes(`Address: ${expected}`);
  };
  await eventually(`DNS of ${name}`, ask, 120_000).catch((cause: unknown) => {
    throw new Error(said, { cause });
  });
  await run(`ip netns delete g; ip link delete ${other}`);
  return expected;
}
