import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHostYaml } from './host-yaml.ts';

/** `path line:column rule`, in the order of the file. */
function mistakesOf(text: string): string[] {
  const read = parseHostYaml(text);
  return read.ok ? [] : read.problems.map(({ path, line, column, rule }) => `${path} ${line}:${column} ${rule}`);
}

const GOOD = `version: 1
provider: hetzner
uplink: { name: eno1, mac: 90:1b:0e:12:34:56 }
ipv4: { address: 192.0.2.200, prefixLength: 26, gateway: 192.0.2.193 }
ipv6: { prefix: "2001:db8:1:2::/64", gateway: fe80::1, mode: routed }
`;

/** The rules that a good file breaks when the lines are added to it. */
function rulesOf(...lines: string[]): string[] {
  return mistakesOf(GOOD + lines.join('\n')).map((line) => line.replace(/ \d+:\d+ /, ' '));
}

test('more addresses than any host has are one mistake, and not each compared with each', () => {
  const extras = (count: number) => [
    'extraIpv4:',
    ...Array.from({ length: count }, (_, at) => `  - { kind: single, address: 198.51.${100 + (at >> 8)}.${at & 255} }`),
  ];
  assert.deepEqual(rulesOf(...extras(256)), []);
  assert.deepEqual(rulesOf(...extras(257)), ['extraIpv4 must have at most 256 entries']);
  const same = Array(4000).fill('  - { kind: subnet, prefix: 198.51.100.0/24 }');
  assert.deepEqual(rulesOf('extraIpv4:', ...same), ['extraIpv4 must have at most 256 entries']);
});

test('a file with ten mistakes reports all ten, each with its place', () => {
  const text = `version: 2
provider: hezner
uplink:
  name: a name with spaces
  mac: 01:00:5e:00:00:01
ipv4:
  address: 192.0.2.200
  prefixLenght: 26
  prefixLength: 26
  gateway: 192.0.3.1
ipv6:
  prefix: 2001:db8:1:2::5/64
  gateway: fe80::1
  mode: bridged
extraIpv4:
  - kind: singel
    address: 192.0.2.300
`;
  assert.deepEqual(mistakesOf(text), [
    'version 1:10 must be 1',
    'provider 2:11 must be one of hetzner, ovh, scaleway-dedibox, generic: did you mean hetzner?',
    'uplink.name 4:9 must be a name of a link: 1 to 15 letters, digits and . _ @ + -',
    'uplink.mac 5:8 must be a unicast MAC address (lowest bit of the first byte 0)',
    'ipv4.prefixLenght 8:3 is not known here: did you mean prefixLength?',
    'ipv4.gateway 10:12 must be in 192.0.2.192/26, or ipv4.prefixLength 32: nobody would reach it',
    'ipv6.prefix 12:11 must be a prefix without host bits',
    'ipv6.mode 14:9 must be one of routed, on-link, delegated',
    'extraIpv4[0].kind 16:11 must be one of single, subnet, failover: did you mean single?',
    'extraIpv4[0].address 17:14 must be an IPv4 address such as 203.0.113.2',
  ]);
});

test('a good file is read, and what may be left out is null', () => {
  const read = parseHostYaml(`${GOOD}extraIpv4:\n  - { kind: single, address: 198.51.100.20 }\n`);
  assert.ok(read.ok);
  assert.equal(read.config.ipv6?.address, null);
  assert.deepEqual(read.config.extraIpv4, [{ kind: 'single', address: '198.51.100.20', gateway: null, mac: null }]);
  const bare = parseHostYaml('version: 1\nprovider: generic\nuplink: { name: eth0, mac: 02:00:00:00:00:01 }\n');
  assert.ok(bare.ok);
  assert.deepEqual([bare.config.ipv4, bare.config.ipv6, bare.config.extraIpv4], [null, null, []]);
});

test('what is no YAML tells its syntax errors with their place', () => {
  const [mistake = ''] = mistakesOf('version: 1\nuplink: [1, 2\nprovider: hetzner\n');
  assert.match(mistake, /^ 3:1 must be YAML: /);
  assert.match(mistakesOf('version: 1\n\tprovider: ovh\n')[0] ?? '', /^ 2:\d must be YAML: /);
  assert.deepEqual(mistakesOf(''), [' 1:1 must be a block of keys and values']);
  assert.deepEqual(mistakesOf('just words'), [' 1:1 must be a block of keys and values']);
});

test('a quote that is not closed is told where it begins, with what is wrong after it', () => {
  const rule = (mark: string) => `must be YAML: the ${mark} that begins here is not closed in its line`;
  assert.deepEqual(mistakesOf(GOOD.replace('hetzner', '"hetzner')), [` 2:11 ${rule('"')}`]);
  assert.deepEqual(mistakesOf(GOOD.replace('eno1,', "'eno1,")), [` 3:17 ${rule("'")}`]);
  const wrong = `version: 2
provider: "generic # my own
uplink:
  name: "eth0
  mac: "02:00:00:00:00:01"
colour: red
`;
  assert.deepEqual(mistakesOf(wrong), [
    'version 1:10 must be 1',
    ` 2:11 ${rule('"')}`,
    ` 4:9 ${rule('"')}`,
    'colour 6:1 is not known here: version, provider, uplink, ipv4, ipv6, extraIpv4',
  ]);
  assert.deepEqual(mistakesOf(`${GOOD}extraIpv4: ["a\\\n`), [` 6:13 ${rule('"')}`]);
  // One that goes on in the next line on purpose is no mistake of syntax, nor is another error blamed on it.
  assert.match(mistakesOf(`"version": "1\n  2"\nuplink: [1\nprovider: ovh\n`)[0] ?? '', /^ 4:1 must be YAML: Flow/);
});

test('a key that is there twice is told beside the other mistakes', () => {
  const mistakes = mistakesOf(`${GOOD}provider: ovh\ncolour: red\n`);
  assert.deepEqual(
    mistakes.map((line) => line.split(' ').slice(0, 4).join(' ')),
    [' 6:1 must be', 'colour 7:1 is not'],
  );
});

test('what is missing is told where its block stands', () => {
  assert.deepEqual(mistakesOf('version: 1\nuplink:\n  name: eth0\n'), [
    'provider 1:1 must be given',
    'uplink.mac 3:3 must be given',
  ]);
});

test('values of the wrong type are named as what they must be', () => {
  assert.deepEqual(mistakesOf(`${GOOD.replace('26', '"26"').replace('eno1', '5')}extraIpv4: yes\n`), [
    'uplink.name 3:17 must be a text',
    'ipv4.prefixLength 4:45 must be a whole number',
    'extraIpv4 6:12 must be a list, each item with a "-" before it',
  ]);
});

test('the main address and its gateway fit each other', () => {
  const of = (address: string, prefixLength: number, gateway: string) =>
    mistakesOf(
      GOOD.replace(/ipv4:.*/, `ipv4: { address: ${address}, prefixLength: ${prefixLength}, gateway: ${gateway} }`),
    ).map((line) => line.replace(/ 4:\d+/, ''));
  assert.deepEqual(of('192.0.2.200', 32, '192.0.2.193'), []);
  assert.deepEqual(of('198.51.100.9', 32, '192.0.2.193'), []);
  assert.deepEqual(of('192.0.2.192', 26, '192.0.2.193'), [
    'ipv4.address must be an address of a host in 192.0.2.192/26, not its first or last',
  ]);
  assert.deepEqual(of('192.0.2.200', 26, '192.0.2.200'), ['ipv4.gateway must be another address than ipv4.address']);
  assert.deepEqual(of('127.0.0.1', 32, '192.0.2.193'), ['ipv4.address must be an address that hosts can have']);
});

test('the IPv6 address is in its prefix, and the gateway is a router', () => {
  const of = (rest: string) =>
    mistakesOf(GOOD.replace(/ipv6:.*/, `ipv6: { ${rest} }`)).map((line) => line.replace(/ 5:\d+/, ''));
  const prefix = 'prefix: "2001:db8:1:2::/64"';
  assert.deepEqual(of(`${prefix}, gateway: "2001:db8:1:ff:ff:ff:ff:ff", mode: on-link`), []);
  assert.deepEqual(of(`${prefix}, address: "2001:db8:1:3::2", gateway: fe80::1, mode: routed`), [
    'ipv6.address must be in 2001:db8:1:2::/64',
  ]);
  assert.deepEqual(of(`${prefix}, gateway: "ff02::2", mode: routed`), ['ipv6.gateway must be the address of a router']);
  assert.deepEqual(of('prefix: "fe80::/64", gateway: fe80::1, mode: on-link'), [
    'ipv6.prefix must be a prefix for hosts, not link-local or multicast',
  ]);
  assert.deepEqual(of(`${prefix}, gateway: "2001:db8:1:2::1", mode: routed`), [
    'ipv6.gateway must be outside the prefix when it is routed: a router in it asks for each address (mode: on-link)',
  ]);
});

test('addresses are given once, and subnets do not overlap', () => {
  const rules = rulesOf(
    'extraIpv4:',
    '  - { kind: single, address: 192.0.2.200 }',
    '  - { kind: single, address: 198.51.100.20 }',
    '  - { kind: single, address: 198.51.100.20 }',
    '  - { kind: subnet, prefix: 198.51.100.16/28 }',
    '  - { kind: failover, prefix: 192.0.2.192/30 }',
    '  - { kind: single, address: 224.0.0.1 }',
  );
  assert.deepEqual(rules, [
    'extraIpv4[0].address must be another address than the main address 192.0.2.200',
    'extraIpv4[2].address must be given once: extraIpv4[1] is the same',
    'extraIpv4[3].prefix must not overlap extraIpv4[1] (198.51.100.20)',
    'extraIpv4[4].prefix must not contain the gateway 192.0.2.193',
    'extraIpv4[5].address must be an address that hosts can have',
  ]);
});

test("a virtual MAC is not the uplink's and not multicast; several addresses may share one", () => {
  const rules = rulesOf(
    'extraIpv4:',
    '  - { kind: single, address: 198.51.100.20, gateway: 198.51.100.1, mac: 90:1B:0E:12:34:56 }',
    '  - { kind: single, address: 198.51.100.21, gateway: 198.51.100.1, mac: 01:00:5e:00:00:01 }',
    '  - { kind: single, address: 198.51.100.22, gateway: 198.51.100.22, mac: 00:50:56:00:00:01 }',
    '  - { kind: single, address: 198.51.100.23, gateway: 198.51.100.1, mac: 00:50:56:00:00:01 }',
    '  - { kind: subnet, prefix: 203.0.113.0/29, mac: 00:50:56:00:00:02 }',
    '  - { kind: single, address: 198.51.100.24, mac: 00:50:56:00:00:03 }',
  );
  assert.deepEqual(rules, [
    "extraIpv4[0].mac must be the provider's virtual MAC, not the uplink's",
    'extraIpv4[1].mac must be a unicast MAC address (lowest bit of the first byte 0)',
    'extraIpv4[2].gateway must be another address than the one it is for',
    'extraIpv4[4].mac is not known here: kind, prefix',
    'extraIpv4[5].mac must have a gateway beside it: the one the provider names for bridged addresses',
  ]);
});

test('aliases that stand for very much, or for what they stand in, are a mistake and no bug', () => {
  const bomb = Array.from(
    { length: 9 },
    (_, at) =>
      `b${at}: &b${at} [${Array(9)
        .fill(at === 0 ? 'x' : `*b${at - 1}`)
        .join(', ')}]`,
  );
  for (const text of [bomb.join('\n'), 'version: 1\nuplink: &u\n  mac: *u\n']) {
    const read = parseHostYaml(text);
    assert.ok(!read.ok && read.problems.some(({ rule }) => rule.includes('alias')), text.slice(0, 60));
  }
});
