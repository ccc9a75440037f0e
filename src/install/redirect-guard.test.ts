import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inwards, lookupFrom, type Reach, reachOf, reachOfUrl } from './redirect-guard.ts';

const REACHES: [Reach, string][] = [
  [
    'host',
    '0.0.0.0 127.0.0.1 127.255.255.255 :: ::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1::1 203.0.113.9 2001:db8::9',
  ],
  ['link', '169.254.169.254 fe80::1 fe80::1%eth0 febf::1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 224.0.0.1 ff02::1'],
  ['network', '10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 198.19.0.1'],
  [
    'network',
    'fc00::1 fdff::1 fd00:ec2::254 fec0::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 64:ff9b:1::1 240.0.0.1',
  ],
  [
    'internet',
    '9.9.9.9 11.0.0.1 172.15.255.255 172.32.0.1 192.167.0.1 100.63.0.1 100.128.0.1 169.253.0.1 203.0.113.10',
  ],
  ['internet', '2001:db8::a 2606:4700::1111 ::ffff:9.9.9.9 64:ff9b::909:909 2002:909:909::1 fbff::1 1.1.1.1'],
];

test('how near an address is, whatever it is written or wrapped in', () => {
  for (const [reach, addresses] of REACHES) {
    for (const address of addresses.split(' ')) {
      assert.equal(reachOf(address, ['203.0.113.9', '2001:db8::9']), reach, address);
    }
  }
  assert.equal(reachOf('127.0.0.2'), 'host');
});

test('numbers that a URL takes for an address are that address, and localhost is one', () => {
  const near =
    'http://2130706433/ http://0x7f.1/ http://017700000001/ http://127.1:8080/ http://[::1]/ http://[::ffff:127.0.0.1]/';
  for (const url of `${near} http://localhost/ http://LOCALHOST./ http://a.localhost/ https://①②⑦.0.0.1/`.split(' ')) {
    assert.equal(reachOfUrl(new URL(url)), 'host', url);
  }
  for (const url of ['http://localhost.example.org/', 'http://notlocalhost/', 'http://127.0.0.1.example.org/']) {
    assert.equal(reachOfUrl(new URL(url)), 'internet', url);
  }
});

test('what is followed: to where as many people reach, or more', () => {
  const reaches: Reach[] = ['internet', 'network', 'link', 'host'];
  const followed = reaches.flatMap((from) =>
    reaches.filter((to) => inwards(from, to, 'x') === null).map((to) => `${from} ${to}`),
  );
  assert.deepEqual(
    followed.join(', '),
    [
      'internet internet',
      'network internet, network network',
      'link internet, link network, link link',
      'host internet, host network, host link, host host',
    ].join(', '),
  );
});

/** What a connection would be given for a name, or the error. */
function lookedUp(from: Reach, name: string, all: boolean): Promise<unknown> {
  return new Promise((resolve) => {
    lookupFrom(from)(name, { all }, (error, found) => resolve(error === null ? found : error.message));
  });
}

test('a name is known by its addresses: none of them is handed on that may not be asked', async () => {
  for (const all of [true, false]) {
    assert.match(
      `${await lookedUp('network', 'localhost', all)}`,
      /^it leads to localhost, which is \S+, an address of this host$/,
    );
    assert.doesNotMatch(JSON.stringify(await lookedUp('host', 'localhost', all)), /leads/);
    assert.match(`${await lookedUp('internet', 'no-such-name.invalid', all)}`, /ENOTFOUND|EAI_AGAIN/);
  }
});
