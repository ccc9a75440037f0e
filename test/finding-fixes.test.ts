import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LinkFact, NetworkFacts } from '../src/model/network-facts.ts';
import type { Finding } from '../src/model/network-finding.ts';
import type { NetworkIntent } from '../src/model/network-intent.ts';
import { intentOfNetworkd } from '../src/parse/networkd-intent.ts';
import { explainNetwork } from '../src/plan/explain-network.ts';
import { bootFacts } from '../src/plan/layout/boot-facts.ts';
import { intentOf } from '../src/plan/network-intent.ts';
import { applyFileFix } from './support/apply-fix.ts';
import { triedBy } from './support/finding-tries.ts';
import { waysOf } from './support/fix-ways.ts';
import { intentOfCase, interfacesCases } from './support/interfaces-world.ts';
import { readCorpus } from './support/network-corpus.ts';
import { addressFact, linkFact, quietFacts } from './support/network-sample.ts';
import { propertyRuns } from './support/property-runs.ts';

/**
 * Hosts with the files of somebody, on which not all of it runs, or something runs that no stanza brings up: what a fix says to do to a
 * file is done to it, and the finding is gone. So no fix changes nothing, and none says the line that is there.
 */
interface Host {
  files: NetworkFacts['files'];
  links: LinkFact[];
  services: Partial<NetworkFacts['services']>;
  intent: NetworkIntent;
}

const INTERFACES: Host[] = interfacesCases().map((one) => ({
  files: one.files.map((file) => ({ ...file, mode: 0o644 })),
  links: one.links.map(({ name, mac, altNames }, index) => linkFact(name, { index: index + 2, mac, altNames })),
  services: { networking: 'active' },
  intent: intentOfCase(one, 'ifupdown'),
}));
const NETWORKD: Host[] = readCorpus('networkd').map((one) => ({
  files: one.files.map((file) => ({ ...file, mode: 0o644 })),
  links: one.links.map(({ name, mac }, index) => linkFact(name, { index: index + 2, mac })),
  services: { networking: 'absent', networkd: 'active' },
  intent: intentOfNetworkd(one.files, one.links),
}));

const host = fc.constantFrom(...INTERFACES, ...NETWORKD);

/** What runs: everything of the files, less what the numbers leave out, and with what is only started by hand. */
function factsOf({ files, links, services, intent }: Host, leftOut: readonly number[], byHand: boolean): NetworkFacts {
  const quiet = quietFacts();
  // What nobody wrote down shows which link leads out, whatever the files say.
  const uplink = links.slice(0, 1).map(({ name }) => addressFact(name, '198.18.255.1/24'));
  const bare = { ...quiet, files, links, addresses: uplink, routes: [], services: { ...quiet.services, ...services } };
  const wanted = byHand
    ? {
        ...intent,
        addresses: [...intent.addresses, ...intent.byHand.addresses],
        routes: [...intent.routes, ...intent.byHand.routes],
      }
    : intent;
  const now = bootFacts(bare, links[0]?.name ?? 'eth0', wanted, []);
  const some = <T>(all: readonly T[]) => all.filter((_, index) => !leftOut.includes(index));
  return { ...now, addresses: [...uplink, ...some(now.addresses)], routes: some(now.routes) };
}

const explain = (facts: NetworkFacts) => explainNetwork(facts, intentOf(facts), null);
/** Lines move when one is put in before them. */
const nameOf = ({ id, what }: Finding) => `${id} ${what.replace(/line \d+/g, 'line N')}`;
const countOf = (findings: readonly Finding[], one: Finding) =>
  findings.filter((other) => nameOf(other) === nameOf(one)).length;

/** null where a fix says nothing of files alone: what is to be run too is tried in test/finding-ways.test.ts. */
function edited(files: NetworkFacts['files'], { fix }: Finding): NetworkFacts['files'] | null {
  const way = waysOf(fix).findLast((parts) => parts.some(({ kind }) => kind === 'edit'));
  if (way === undefined || way.some(({ kind }) => kind === 'command')) return null;
  return way.reduce((now, { text }) => applyFileFix(now, text) ?? now, files);
}

test('what a fix says to do to a file ends the finding', () => {
  const mended = new Map<string, number>();
  fc.assert(
    fc.property(host, fc.subarray([0, 1, 2, 3]), fc.boolean(), (one, leftOut, byHand) => {
      const facts = factsOf(one, leftOut, byHand);
      const before = explain(facts);
      for (const finding of before) {
        const files = edited(facts.files, finding);
        if (files === null) continue;
        const context = `${finding.what}\n${finding.fix}\n${files.map(({ text }) => text).join('\n')}`;
        assert.notDeepEqual(files, facts.files, `the fix changes nothing: ${context}`);
        const after = explain({ ...facts, files });
        const isGone = countOf(after, finding) < countOf(before, finding);
        // Where two lines say one thing, the second counts when the first is out.
        const next = isGone ? undefined : after.find((one) => nameOf(one) === nameOf(finding));
        const twice = next === undefined ? files : (edited(files, next) ?? files);
        const isEnded = isGone || countOf(explain({ ...facts, files: twice }), finding) < countOf(before, finding);
        assert.ok(isEnded, `not gone: ${context}`);
        mended.set(finding.id, (mended.get(finding.id) ?? 0) + 1);
      }
    }),
    propertyRuns(1500),
  );
  for (const id of triedBy('files'))
    assert.ok((mended.get(id) ?? 0) > 0, `nothing of ${id} was tried: ${[...mended.keys()].join(', ')}`);
});

test('of one line one finding says what to do', () => {
  fc.assert(
    fc.property(host, fc.subarray([0, 1, 2, 3]), fc.boolean(), (one, leftOut, byHand) => {
      const told = explain(factsOf(one, leftOut, byHand)).filter(({ fix }) => fix !== null);
      // A line with two routes in it has one finding for each, of one kind.
      const kinds = told.flatMap(({ id, what }) => {
        const [line] = /(\/\S+), line \d+/.exec(what) ?? [];
        return line === undefined ? [] : [`${line} ${id}`];
      });
      const lines = [...new Set(kinds)].map((kind) => kind.slice(0, kind.lastIndexOf(' ')));
      assert.deepEqual(
        lines,
        [...new Set(lines)],
        told.map(({ id, what, fix }) => `${id}: ${what}: ${fix}`).join('\n'),
      );
    }),
    propertyRuns(1500),
  );
});
