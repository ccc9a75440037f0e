import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { networkFixture, quietFacts } from '../../test/support/network-sample.ts';
import { readFactsJson } from './facts-json.ts';

function problemsOf(value: unknown) {
  const reading = readFactsJson(value);
  return reading.ok ? [] : reading.problems;
}

test('every fixture is taken as it is', () => {
  const names = readdirSync(join(import.meta.dirname, '../../test/fixtures/network')).filter((file) =>
    file.endsWith('.json'),
  );
  assert.ok(names.length >= 4);
  for (const name of names) {
    const facts = networkFixture(name.replace('.json', ''));
    assert.deepEqual(readFactsJson(facts), { ok: true, facts }, name);
  }
});

test('keys of a newer Lodge are let through', () => {
  const newer = { ...quietFacts(), weather: 'fine' };
  assert.equal(readFactsJson(newer).ok, true);
});

test('everything that is wrong is told at once, with path, rule and value', () => {
  const facts = quietFacts() as unknown as Record<string, unknown> & {
    links: object[];
    addresses: object[];
    routes: object[];
  };
  const broken = {
    ...facts,
    version: 2,
    hostname: undefined,
    links: [{ ...facts.links[0], mtu: 'big', flags: 'UP' }],
    addresses: [
      { ...facts.addresses[0], address: '192.0.2.999' },
      { ...facts.addresses[0], prefixLength: 64 },
    ],
    routes: [{ ...facts.routes[0], destination: '192.0.2.0/33', family: 'ipx' }],
    services: { systemd: true },
  };
  const problems = problemsOf(broken);
  assert.deepEqual(
    problems.filter(({ path }) => !path.startsWith('services.')).map(({ path, rule, value }) => [path, rule, value]),
    [
      ['version', 'must be 1: facts of another version are not understood', 2],
      ['hostname', 'must be of the type string', null],
      ['links[0].mtu', 'must be of the type number', 'big'],
      ['links[0].flags', 'must be of the type array', 'UP'],
      ['addresses[0].address', 'must be an IP address', '192.0.2.999'],
      ['addresses[1].prefixLength', 'must be at most 32 of IPv4', 64],
      ['routes[0].family', 'must be one of ipv4, ipv6', 'ipx'],
      ['routes[0].destination', 'must be `default` or a prefix such as 203.0.113.0/29', '192.0.2.0/33'],
    ],
  );
  assert.equal(problems.filter(({ path }) => path.startsWith('services.')).length, 6);
});

test('what is no object at all is one problem', () => {
  assert.deepEqual(problemsOf([]), [{ path: '(the whole)', rule: 'must be of the type object', value: 'a list' }]);
  assert.equal(problemsOf('x').length, 1);
  assert.equal(problemsOf(null).length, 1);
});
