import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { runIfup } from '../support/ifup-world.ts';
import { intentOfCase, interfacesCases, wordsOfCase } from '../support/interfaces-world.ts';
import { missingLinkKinds } from '../support/missing-kinds.ts';

/**
 * Debian's own ifup brings up what it would at a boot, for every interfaces file we have, and the kernel is asked what runs: each address,
 * route and port that we read in the file, and no other.
 */
const CASES = interfacesCases();

/** `ifup -a`, as networking.service does, and what udev's helper does for each link that is there. */
const BOOT = `ifup -a; code=$?
for link; do [ -z "$(ifquery --allow hotplug -l "$link")" ] || ifup --allow=hotplug "$link" || code=1; done
exit $code`;

/** What we read and ifup does not do, with the reason. Nothing else may differ, and whatever stands here has to. */
const EXPLAINED: Record<string, { why: string; onlyRead: string[] }> = {
  'bridges/bridge-route-names-port': {
    why: 'the kernel refuses a route over a port: route-names-port says so, and a plan that leaves it is refused',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 192.0.2.1 dev eth0'],
  },
  'bridges/port-route-by-variable': {
    why: 'the same, where the line names its own link',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 192.0.2.1 dev eth0'],
  },
  'seed-after': {
    why: 'the same, in the file of the seed',
    onlyRead: ['ipv4 unicast 192.0.2.192/26 via 192.0.2.193 dev eth0'],
  },
  'routes/unreachable-gateway': {
    why: 'the kernel refuses a gateway that no address reaches: gateway-not-on-link says so',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 198.51.100.1 dev eth0'],
  },
  'routes/route-and-its-removal': {
    why: 'commands that take something away are not followed',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 192.0.2.1 dev eth0'],
  },
  'routes/pre-up-fails': {
    why: 'a program that Lodge does not follow, and names, ends the stanza',
    onlyRead: ['eth0 192.0.2.2/24'],
  },
  'routes/program-not-there': {
    why: 'the same, before a route',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 192.0.2.1 dev eth0'],
  },
  'routes/up-fails-then-other-stanza': {
    why: 'the same, before a route',
    onlyRead: ['ipv4 unicast 203.0.113.0/24 via 192.0.2.1 dev eth0'],
  },
};

/** Files whose own commands make a link of a kind that this kernel may not have. */
const NEEDS_KIND: Record<string, string> = { 'brctl-by-hand': 'dummy' };

let missing: string[] = [];
before(async () => {
  missing = await missingLinkKinds();
});

// bridge-utils waits for the ports of some bridges.
describe('ifup of Debian', { concurrency: 3 }, () => {
  for (const one of CASES) {
    test(`brings up what we read in ${one.name}`, async (t) => {
      const kind = NEEDS_KIND[one.name];
      if (kind !== undefined && missing.includes(kind)) return t.diagnostic(`this kernel makes no ${kind}`);
      const names = one.links.map(({ name }) => name);
      const run = await runIfup(one.files, one.links, ['sh', '-c', BOOT, 'boot', ...names]);
      const read = wordsOfCase(one, intentOfCase(one, 'ifupdown'), missing);
      const onlyRead = EXPLAINED[one.name]?.onlyRead ?? [];
      assert.deepEqual(
        read.filter((word) => !run.words.includes(word)),
        onlyRead,
        run.text,
      );
      assert.deepEqual([...run.words, ...onlyRead].sort(), read, run.text);
    });
  }
});

test('every difference that is explained is one of a file that is there', () => {
  const names = CASES.map(({ name }) => name);
  assert.deepEqual(
    [...Object.keys(EXPLAINED), ...Object.keys(NEEDS_KIND)].filter((name) => !names.includes(name)),
    [],
  );
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 196, `only ${names.length} files`);
});
