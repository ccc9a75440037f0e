import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { HopReport } from '../../src/model/packet-report.ts';
import { cachedImage } from '../support/cached-image.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { HOST, INTERNET } from '../support/nat-twin.ts';
import { eventually } from '../support/netns.ts';
import { askDoctor, differences, type Gets, measureAgainst, REAL_PORT } from '../support/packets-guest.ts';
import { RealFirewalld } from '../support/real-firewalld.ts';

// One guest under QEMU on a host whose firewalls change: what doctor says is what it gets, row by row, and what doctor prints mends it.
const GUEST = 'web1';
const LODGE = join(import.meta.dirname, '../../lodge');
const BOOT_LIMIT_MS = 600_000;

let lodge: LodgeInstance;
let scratch = '';
let firewalld: RealFirewalld;

before(async () => {
  scratch = await mkdtemp('/tmp/lgdp-files-');
  await chmod(scratch, 0o755);
  firewalld = await RealFirewalld.unpack(join(scratch, 'firewalld'));
  // The daemon sees firewall-cmd as on a host that has it.
  const program = join(scratch, 'lodge');
  await writeFile(program, `#!/bin/sh -e\n${firewalld.overlay}\nexec ${LODGE} "$@"\n`, { mode: 0o755 });
  lodge = await LodgeInstance.open('lgdp', program);
  const { namespaces } = lodge;
  await mkdir(`/etc/netns/${namespaces.nameOf('host')}`, { recursive: true });
  await writeFile(`/etc/netns/${namespaces.nameOf('host')}/resolv.conf`, `nameserver ${INTERNET.ipv4}\n`);
  await namespaces.add('internet');
  await namespaces.connect('host', 'uplink', 'internet', 'eth0');
  await namespaces.ip('internet', [
    `address add ${INTERNET.ipv4}/24 dev eth0`,
    `address add ${INTERNET.ipv6}/64 dev eth0 nodad`,
  ]);
  await giveHostAddresses();
  for (const listen of ['TCP4-LISTEN:7000', 'TCP6-LISTEN:7000,ipv6only=1']) {
    namespaces.start('internet', 'socat', [`${listen},reuseaddr,fork`, 'SYSTEM:echo SAID']);
  }
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
});

after(async () => {
  await lodge.run(['rm', GUEST, '--yes']).catch(() => {});
  await lodge.close();
  await rm(scratch, { recursive: true, force: true });
});

afterEach(clear);

async function giveHostAddresses(): Promise<void> {
  await lodge.namespaces.ip('host', [
    `address replace ${HOST.ipv4}/24 dev uplink`,
    `address replace ${HOST.ipv6}/64 dev uplink nodad`,
    `route replace default via ${INTERNET.ipv4}`,
    `route replace ::/0 via ${INTERNET.ipv6}`,
  ]);
}

const shell = (script: string, prefix = '') => lodge.namespaces.run('host', 'sh', ['-ec', `${prefix}\n${script}`]);
const stopped = (hops: HopReport[]) => hops.filter(({ outcome }) => outcome === 'stopped');
const briefly = (hops: HopReport[]) => stopped(hops).map(({ hop, family }) => `${hop} ${family}`);

/** Takes away every table that is not Lodge's, and what connection tracking knows. */
async function clear(): Promise<void> {
  await shell(
    `nft list tables | while read -r _ family name; do case $name in lodge*) ;; *) nft delete table $family $name; esac; done; conntrack -F 2>/dev/null || true`,
  );
}

/** Doctor and the guest agree; returns what doctor said. */
async function agree(when: string): Promise<Awaited<ReturnType<typeof askDoctor>> & { gets: Gets }> {
  const said = await askDoctor(lodge);
  const gets = await measureAgainst(lodge, GUEST, said.hops);
  assert.deepEqual(differences(said.hops, gets), [], when);
  return { ...said, gets };
}

/** Doctor's commands are given until nothing is stopped: a packet shows the first thing that stops it, and what is behind it later. */
async function agreeAndMend(load: string, prefix = ''): Promise<string[]> {
  await shell(load, prefix);
  const found = await agree('before it is mended');
  assert.notDeepEqual(stopped(found.hops), [], 'it stops something');
  let { hops, commands } = found;
  for (let round = 0; round < 3 && stopped(hops).length > 0; round++) {
    await shell(commands.join('\n'), prefix);
    ({ hops, commands } = await askDoctor(lodge));
  }
  assert.deepEqual(stopped(hops), [], 'what doctor printed mends it');
  assert.deepEqual(differences(hops, await measureAgainst(lodge, GUEST, hops)), [], 'after it was mended');
  return briefly(found.hops);
}

test('a DNS server of the host on every address: doctor says that nothing is stopped, and the guest gets everything', async () => {
  const conf = join(scratch, 'unbound.conf');
  const server = ['interface: 0.0.0.0', 'interface: ::0', 'do-daemonize: no', 'chroot: ""', 'username: ""'];
  const lines = [...server, 'pidfile: ""', 'use-syslog: no', 'access-control: 0.0.0.0/0 refuse'];
  await writeFile(conf, `server:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  const unbound = lodge.namespaces.start('host', 'unbound', ['-d', '-c', conf]);
  const listens = async () => (await lodge.namespaces.run('host', 'ss', ['-Hnlut'])).stdout.includes('0.0.0.0:53 ');
  await eventually('unbound listens', listens, 60_000);
  const create = ['create', GUEST, '--image', 'debian-12', '--memory', '512MiB', '--publish', `${REAL_PORT}:22`];
  const made = await lodge.run(create, {}, { timeoutMs: BOOT_LIMIT_MS });
  assert.equal(made.exitCode, 0, made.stderr);
  const { status, hops } = await agree('with a DNS server of the host');
  assert.deepEqual([status, briefly(hops)], ['ok', []]);
  unbound.kill('SIGKILL');
});

test('a host without rules: nothing is stopped; a judgement that is falsified is found in every row', async () => {
  const { status, hops, gets } = await agree('without rules');
  assert.deepEqual([status, briefly(hops)], ['ok', []]);
  assert.equal(gets.size, 15);
  for (const row of gets.keys()) {
    const falsified = hops.map(
      (each): HopReport => (`${each.hop} ${each.family}` === row ? { ...each, outcome: 'stopped' } : each),
    );
    assert.deepEqual(
      differences(falsified, gets).map((line) => line.split(':')[0]),
      [row],
    );
  }
});

test('strict rp_filter stops nothing', async () => {
  const set = (value: string) => shell(`for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo ${value} > $f; done`);
  await set('1');
  const { hops } = await agree('with strict rp_filter');
  assert.deepEqual(briefly(hops), []);
  await set('0');
});

test('input that drops by policy', async () => {
  const rows = await agreeAndMend(`nft -f - <<'END'
table inet mine {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif "lo" accept
    iifname "uplink" meta l4proto ipv6-icmp accept
  }
}
END`);
  for (const row of ['dns-udp ipv4', 'dns-tcp ipv6', 'dhcp ipv4', 'ping ipv6']) assert.ok(rows.includes(row), row);
  assert.ok(!rows.includes('out ipv4'));
});

test('forward that ends in reject', async () => {
  const rows = await agreeAndMend(`nft -f - <<'END'
table inet mine {
  chain forward {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    jump zones
    reject with icmpx admin-prohibited
  }
  chain zones { ip protocol icmp accept; }
}
END`);
  for (const row of ['out ipv4', 'out ipv6', 'in ipv4', 'in ipv6']) assert.ok(rows.includes(row), row);
  assert.ok(!rows.includes('dns-udp ipv4'));
});

test('Docker’s shape: FORWARD drops by policy, with a chain of its owner in front', async () => {
  const rows = await agreeAndMend(
    ['iptables', 'ip6tables']
      .map((program) =>
        [
          `${program} -P FORWARD DROP`,
          `${program} -N DOCKER-USER`,
          `${program} -A DOCKER-USER -j RETURN`,
          `${program} -N DOCKER`,
          `${program} -A FORWARD -j DOCKER-USER`,
          `${program} -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
          `${program} -A FORWARD -o docker0 -j DOCKER`,
          `${program} -A FORWARD -i docker0 ! -o docker0 -j ACCEPT`,
        ].join('\n'),
      )
      .join('\n'),
  );
  assert.ok(rows.includes('out ipv4') && rows.includes('in ipv6'));
});

test('ufw itself, enabled with its own rule files', async () => {
  const etc = join(scratch, 'ufw');
  await cp('/etc/ufw', etc, { recursive: true });
  const rows = await agreeAndMend('ufw --force enable', `mount --bind ${etc} /etc/ufw`);
  assert.ok(rows.includes('dns-udp ipv4') && rows.includes('out ipv4'));
});

test('firewalld itself: doctor mends it in its own words', async () => {
  const end = await firewalld.start(lodge.namespaces, 'host');
  const rows = await agreeAndMend('firewall-cmd --get-default-zone', firewalld.prefix);
  assert.ok(rows.includes('dns-udp ipv4') && rows.includes('out ipv4'), rows.join());
  await end();
});

test('IPv6 switched off under a running guest: doctor and the guest have IPv4 alone', async () => {
  await lodge.namespaces.sysctl('host', 'net.ipv6.conf.all.disable_ipv6', '1');
  const { status, hops, summary } = await agree('without IPv6');
  assert.equal(status, 'ok', summary);
  assert.match(summary, /over IPv4$/);
  assert.deepEqual(
    hops.filter(({ family, outcome }) => (family === 'ipv4') !== (outcome === 'passed')),
    [],
  );
});
