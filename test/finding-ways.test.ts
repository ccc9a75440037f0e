import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HOST_CONFIG_UNREADABLE } from '../src/engine/network/explain.ts';
import type { HostConfig } from '../src/model/host-config.ts';
import type { Family } from '../src/model/network-facts.ts';
import type { Finding } from '../src/model/network-finding.ts';
import { explainNetwork } from '../src/plan/explain-network.ts';
import { EXPLAIN_RULES } from '../src/plan/explain-rules.ts';
import { importHost } from '../src/plan/import-host.ts';
import { bootFacts } from '../src/plan/layout/boot-facts.ts';
import { mergeHost } from '../src/plan/merge-host.ts';
import { intentOf } from '../src/plan/network-intent.ts';
import { applyCommand } from './support/apply-command.ts';
import { applyFileFix } from './support/apply-fix.ts';
import { FINDING_TRIES, triedBy } from './support/finding-tries.ts';
import { type FixPart, waysOf } from './support/fix-ways.ts';
import { HOST, quietFacts, routeFact } from './support/network-sample.ts';
import { propertyRuns } from './support/property-runs.ts';
import { SOUND_HOSTS, TROUBLES, type TroubledHost, troubled } from './support/troubled-host.ts';

const SRC = join(import.meta.dirname, '../src');

/** What a reader has to do himself, or what only says why. Words of another fix have to be looked at. */
const ADVICE =
  /^(add it to the files of|give it to the guest|in the files: the address as|leave the card as it is|lodge net plan --layout|mend the line$|move (it in|(its|their) files?)|networkd: Configure|order a virtual MAC|see that the guest|take (its|their) gateways? out|the same where|write (a higher metric|into host\.yaml what|it into the files of|the provider's gateway))/;

const explain = ({ facts, host }: TroubledHost) => explainNetwork(facts, intentOf(facts), host);
const countOf = (findings: readonly Finding[], id: string) => findings.filter((one) => one.id === id).length;

function apply(host: TroubledHost, { kind, text }: FixPart): TroubledHost {
  if (kind === 'advice') return host;
  if (kind === 'host-file') return applyToHostFile(host, text);
  if (kind === 'command' && !text.startsWith('nmcli ')) return { ...host, facts: applyCommand(host.facts, text) };
  const files = applyFileFix(host.facts.files, text);
  assert.ok(files !== null, `no edit that is known: ${text}`);
  return { ...host, facts: { ...host.facts, files } };
}

function applyToHostFile({ facts, host }: TroubledHost, text: string): TroubledHost {
  assert.ok(host !== null, `there is no host.yaml: ${text}`);
  const [, key, value = ''] = /^write (\S+): (\S+) into host\.yaml/.exec(text) ?? [];
  const written = key === undefined ? host : withEntry(host, key, value);
  return /then lodge net import|^lodge net import/.test(text)
    ? imported({ facts, host: written })
    : { facts, host: written };
}

type Host = NonNullable<TroubledHost['host']>;

function withEntry(host: Host, key: string, value: string): Host {
  if (key === 'provider') return { ...host, provider: value as Host['provider'] };
  if (key === 'uplink.mac') return { ...host, uplink: { ...host.uplink, mac: value as Host['uplink']['mac'] } };
  assert.ok(key === 'mode' && host.ipv6 !== null, `what is ${key} of host.yaml?`);
  return { ...host, ipv6: { ...host.ipv6, mode: value as typeof host.ipv6.mode } };
}

/** `lodge net import --replace` */
function imported({ facts, host }: TroubledHost): TroubledHost {
  const { config } = importHost(facts, intentOf(facts), host);
  return { facts, host: host === null ? config : mergeHost(host, config) };
}

/** What Lodge itself would do about it, where a fix says that it does. */
function waysBesides({ fix }: Finding): FixPart[][] {
  const text = 'lodge net import --replace';
  return fix !== null && /lodge net import --replace( does|\))/.test(fix) ? [[{ kind: 'host-file', text }]] : [];
}

const hosts = fc
  .tuple(fc.nat(SOUND_HOSTS.length - 1), fc.subarray(Object.keys(TROUBLES), { maxLength: 4 }))
  .map(([sound, names]) => troubled(SOUND_HOSTS[sound] as TroubledHost, names));

describe('whichever way a fix leaves open', () => {
  test('its commands and edits end the finding, and the rest of its words is known advice', () => {
    const tried = new Set<string>();
    const tryAll = (host: TroubledHost) => {
      const before = explain(host);
      for (const finding of before) {
        for (const way of [...waysOf(finding.fix), ...waysBesides(finding)]) {
          const context = `${finding.id}: ${finding.what}\n${finding.fix}\n${JSON.stringify(way)}`;
          for (const { kind, text } of way) assert.ok(kind !== 'advice' || ADVICE.test(text), `${text}: ${context}`);
          if (way.every(({ kind }) => kind === 'advice')) continue;
          const after = explain(way.reduce(apply, host));
          assert.ok(countOf(after, finding.id) < countOf(before, finding.id), `not gone: ${context}`);
          tried.add(finding.id);
        }
      }
    };
    for (const sound of SOUND_HOSTS) for (const name of Object.keys(TROUBLES)) tryAll(troubled(sound, [name]));
    const left = triedBy('facts').filter((id) => EXPLAIN_RULES.some((rule) => rule.id === id) && !tried.has(id));
    assert.deepEqual(left, []);
    fc.assert(fc.property(hosts, tryAll), propertyRuns(300));
  });

  test('what it says about files ends the finding at the next boot too, in each dialect', () => {
    const mended = new Set<string>();
    const boot = ({ facts, host }: TroubledHost) =>
      explain({ facts: bootFacts(facts, 'eth0', intentOf(facts), []), host });
    const tryAll = (host: TroubledHost) => {
      for (const { id, fix } of explain(host)) {
        const edits = waysOf(fix).flatMap((way) => way.filter(({ text }) => isLasting(text)));
        if (!OF_BRIDGES.includes(id) || edits.length === 0) continue;
        const booted = boot(edits.reduce(apply, host));
        assert.equal(countOf(booted, id), 0, `${id}: ${fix}\n${booted.map(({ what }) => what).join('\n')}`);
        const dialect = DIALECTS.find((words) => edits.every(({ text }) => text.includes(words)));
        if (id !== 'stp-on' || countOf(boot(host), id) > 0) mended.add(`${id} ${dialect}`);
      }
    };
    const names = ['the bridge has another MAC', 'the spanning tree is on'];
    for (const sound of SOUND_HOSTS) for (const some of [[], names]) tryAll(troubled(sound, some));
    fc.assert(fc.property(hosts, tryAll), propertyRuns(200));
    for (const id of OF_BRIDGES) {
      const left = DIALECTS.filter((dialect) => !mended.has(`${id} ${dialect}`));
      assert.deepEqual(left, [], id);
    }
  });
});

const OF_BRIDGES = ['bridge-mac-not-uplinks', 'bridge-mac-not-pinned', 'stp-on'];
const DIALECTS = ['below `iface ', '.netdev: ', '.yaml, at ', 'nmcli connection modify '];

function isLasting(text: string): boolean {
  return /^(in \/|nmcli )/.test(text);
}

/** Its fix is in host.yaml, or in what the next import reads. */
const IMPORTS: [
  id: string,
  trouble: (host: TroubledHost) => TroubledHost,
  fixes: ((host: TroubledHost) => TroubledHost)[],
][] = [
  [
    'ipv4-without-gateway',
    (host) => withoutDefault(host, 'ipv4'),
    [(host) => withDefault(host, '192.0.2.193'), (host) => ({ ...host, host: HOST })],
  ],
  [
    'ipv6-without-gateway',
    (host) => withoutDefault(host, 'ipv6'),
    [(host) => withDefault(host, 'fe80::1'), (host) => ({ ...host, host: HOST })],
  ],
  [
    'second-uplink',
    (host) => troubled(host, ['a second way out is checked strictly']),
    [(host) => ({ ...host, host: { ...HOST, uplink: { ...HOST.uplink, name: 'eth7' } } })],
  ],
  ['provider-unknown', (host) => host, [(host) => ({ ...host, host: HOST })]],
  [
    'uplink-mac-changed',
    (host) => troubled(host, ['somebody set its MAC']),
    [
      ({ facts }) => {
        const mac = facts.links.find(({ name }) => name === 'eth0')?.mac as HostConfig['uplink']['mac'];
        return { facts, host: { ...HOST, uplink: { name: 'eth0', mac } } };
      },
    ],
  ],
];

function withoutDefault({ facts, host }: TroubledHost, family: Family): TroubledHost {
  const routes = facts.routes.filter((route) => route.destination !== 'default' || route.family !== family);
  return { host, facts: { ...facts, routes } };
}

function withDefault({ facts, host }: TroubledHost, via: string): TroubledHost {
  return { host, facts: { ...facts, routes: [...facts.routes, routeFact('default', { via, link: 'eth0' })] } };
}

test('what an import finds is gone after the next one, when what it says is in host.yaml or on the host', () => {
  const findingsOf = ({ facts, host }: TroubledHost) => importHost(facts, intentOf(facts), host).findings;
  for (const [id, trouble, fixes] of IMPORTS) {
    const addresses = quietFacts().addresses.map((one) => ({
      ...one,
      peer: null,
      prefixLength: one.peer === null ? one.prefixLength : 26,
    }));
    const host = trouble({ facts: { ...quietFacts(), addresses }, host: null });
    assert.equal(countOf(findingsOf(host), id), 1, id);
    for (const fix of fixes) assert.equal(countOf(findingsOf(fix(host)), id), 0, id);
  }
  const ofImport = triedBy('facts').filter((id) => !EXPLAIN_RULES.some((rule) => rule.id === id));
  assert.deepEqual(
    ofImport.filter((id) => !IMPORTS.some(([tried]) => tried === id)),
    [],
  );
});

test('every finding there is says how its fix is tried, or why it is not', () => {
  const files = globSync('{plan/explain-*,plan/import-*,plan/layout/{findings,files}}.ts', { cwd: SRC });
  const named = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readFileSync(join(SRC, file), 'utf8').matchAll(/\bid: '([a-z0-9-]+)'/g)].map(([, id]) => id),
    );
  const ids = new Set([...named, ...EXPLAIN_RULES.map(({ id }) => id), HOST_CONFIG_UNREADABLE]);
  assert.ok(ids.size >= 50, `${ids.size}`);
  assert.deepEqual(Object.keys(FINDING_TRIES).sort(), [...ids].sort());
});

test('a finding that is not tried has no fix, or one of advice alone', () => {
  const property = fc.property(hosts, (host) => {
    for (const { id, fix } of explain(host)) {
      const why = FINDING_TRIES[id];
      if (typeof why !== 'string') continue;
      assert.equal(fix === null, why.startsWith('no fix'), `${id}: ${fix}`);
      const parts = waysOf(fix ?? 'add it to the files of').flat();
      assert.deepEqual(
        parts.filter(({ kind }) => kind !== 'advice'),
        [],
        id,
      );
    }
  });
  fc.assert(property, propertyRuns(300));
});
