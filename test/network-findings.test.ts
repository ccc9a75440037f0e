import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { renderExplanation } from '../src/cli/network-findings-text.ts';
import { renderWalk } from '../src/cli/network-walk-text.ts';
import { explainFacts, HOST_CONFIG_UNREADABLE } from '../src/engine/network/explain.ts';
import { parseHostYaml } from '../src/parse/host-yaml.ts';
import { EXPLAIN_RULES } from '../src/plan/explain-rules.ts';
import { networkFixture } from './support/network-sample.ts';

const asText = { serializers: [(value: unknown) => String(value)] };
const plain = (_style: string, text: string) => text;
const golden = (name: string) => join(import.meta.dirname, 'golden/network', name);

test('docs/guides/network-findings.md has a heading for each finding, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/guides/network-findings.md'), 'utf8');
  const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, id]) => id);
  const ids = [...EXPLAIN_RULES.map(({ id }) => id), HOST_CONFIG_UNREADABLE];
  assert.equal(new Set(ids).size, ids.length, 'an id is used once');
  assert.deepEqual(headings.sort(), ids.sort());
});

describe('the network of the seed', () => {
  const explanation = explainFacts(networkFixture('seed-bridged'), null);
  const found = (id: string) => {
    const finding = explanation.findings.find((one) => one.id === id);
    assert.ok(finding !== undefined, `${id} is not among ${explanation.findings.map((one) => one.id).join(', ')}`);
    return finding;
  };

  test('its first surprise is named: the default route is on br0, and that is right', () => {
    const { level, what, consequence, fix } = found('default-route-on-bridge');
    assert.equal(level, 'surprise');
    assert.equal(what, 'the default route (IPv4) is on br0, not on eth0');
    assert.match(consequence, /This is right while eth0 is bridged/);
    assert.equal(fix, null);
  });

  test('its second surprise is named: the line that still says eth0, and as it should be', () => {
    const { level, what, fix } = found('route-names-port');
    assert.equal(level, 'alarm');
    assert.match(what, /^\/etc\/network\/interfaces, line 15 sets the route 192\.0\.2\.192\/26 over eth0/);
    assert.match(fix ?? '', /gw 192\.0\.2\.193 br0$/);
  });

  test('its third surprise is named: the MAC is right by luck, and dummy0 is one more that could be taken', () => {
    assert.match(found('bridge-mac-not-pinned').cause, /by luck: dummy0 has 92:0e:c3:fe:5f:ae/);
    assert.match(found('bridge-mac-not-pinned').fix ?? '', /bridge_hw 00:24:21:b4:36:26/);
    assert.equal(found('bridge-dummy-port').level, 'surprise');
    assert.equal(found('uplink-without-address').level, 'note');
  });

  test('and what else is in it: the broadcast address, the hack and what it is for', () => {
    assert.match(found('broadcast-outside-prefix').what, /188\.40\.110\.255/);
    assert.equal(found('isolated-customers-route').level, 'note');
    assert.equal(found('neighbours-unreachable').level, 'surprise');
  });

  test('is shown and explained in the words that were looked at', (t) => {
    t.assert.fileSnapshot(renderWalk(explanation, plain), golden('seed-show.txt'), asText);
    t.assert.fileSnapshot(renderExplanation(explanation, plain), golden('seed-explain.txt'), asText);
  });

  test('fits 80 columns, but for commands to be copied', () => {
    const walk = renderWalk(explanation, plain).split('\n');
    const words = renderExplanation(explanation, plain).split('\n');
    assert.deepEqual(
      walk.filter((line) => line.length > 80),
      [],
    );
    assert.deepEqual(
      words.filter((line) => line.length > 80 && !/^ {4}(fix:| {2})/.test(line)),
      [],
    );
  });
});

test('networks as providers deliver them have nothing but notes, with a host.yaml and without', () => {
  const directory = join(import.meta.dirname, 'fixtures/network');
  const clean = readdirSync(directory).filter((file) => /-one-nic-.*\.json$/.test(file));
  assert.ok(clean.length >= 3);
  for (const file of clean) {
    const name = file.replace('.json', '');
    const host = parseHostYaml(readFileSync(join(directory, `${name}.host.yaml`), 'utf8'));
    assert.ok(host.ok, name);
    for (const config of [null, host.config]) {
      const { findings } = explainFacts(networkFixture(name), config);
      const loud = findings.filter(({ level }) => level !== 'note').map(({ id, what }) => [id, what]);
      assert.deepEqual(loud, [], `${name} ${config === null ? 'without' : 'with'} host.yaml`);
    }
  }
});
