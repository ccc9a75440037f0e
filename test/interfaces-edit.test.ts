import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { InterfacesDocument } from '../src/model/interfaces-document.ts';
import { parseInterfaces } from '../src/parse/interfaces.ts';
import { interfacesProblems, readInterfaces } from '../src/parse/interfaces-inherit.ts';
import { mendBridge, moveToBridge } from '../src/plan/bridge-files/interfaces-bridge.ts';
import { renderInterfaces } from '../src/render/interfaces.ts';
import {
  appendInterface,
  isSelected,
  removeInterface,
  replaceInterface,
  setInterfaceOptions,
} from '../src/render/interfaces-edit.ts';
import type { StanzaText } from '../src/render/interfaces-nodes.ts';
import { cleanInterfacesText, interfacesText } from './support/interfaces-arbitrary.ts';
import { INTERFACES, readInterfacesCorpus } from './support/interfaces-corpus.ts';
import { propertyRuns } from './support/property-runs.ts';

const STANZA: StanzaText = { name: 'eth0', family: 'inet', method: 'static', options: [['address', '192.0.2.9/24']] };
const parse = (text: string) => parseInterfaces([{ path: INTERFACES, text }], INTERFACES);
const textOf = (document: InterfacesDocument) => renderInterfaces(document)[0]?.text ?? '';

const EDITS: Record<string, (document: InterfacesDocument) => InterfacesDocument> = {
  replace: (document) => replaceInterface(document, 'eth0', [STANZA, { ...STANZA, name: 'br0' }]),
  remove: (document) => removeInterface(document, 'eth0'),
  append: (document) => appendInterface(document, INTERFACES, [{ ...STANZA, name: 'br1' }], true),
  'set options': (document) =>
    setInterfaceOptions(
      document,
      'eth0',
      [
        ['mtu', '1400'],
        ['address', '::1'],
      ],
      null,
    ),
  'move to a bridge': (document) => moveToBridge(document, BRIDGE).document,
  'mend a bridge': (document) => mendBridge(document, { ...BRIDGE, bridge: 'eth0', uplink: 'br0' }).document,
};
const BRIDGE = { uplink: 'eth0', bridge: 'lodge0', mac: '52:54:00:12:34:56' };

test('any text is rendered as it was', () => {
  fc.assert(
    fc.property(interfacesText, (text) => assert.equal(textOf(parse(text)), text)),
    propertyRuns(1000),
  );
  for (const { files } of readInterfacesCorpus()) {
    assert.deepEqual(renderInterfaces(parseInterfaces(files, INTERFACES)), files);
  }
});

for (const [name, edit] of Object.entries(EDITS)) {
  test(`${name}: what is edited is what is read again, and the rest is untouched`, () => {
    const check = fc.property(cleanInterfacesText, (text) => {
      const before = parse(text);
      fc.pre(interfacesProblems(before).every(({ refusedBy }) => refusedBy.length === 1));
      const after = edit(before);
      assert.deepEqual(parse(textOf(after)), after);
      assert.deepEqual(parse(text), before, 'the document was changed in place');
      assert.deepEqual(stanzasOf(after, isOther), stanzasOf(before, isOther));
    });
    fc.assert(check, propertyRuns(1000));
  });
}

test('a stanza is replaced where it stood, its comments and auto line stay', () => {
  const before = 'auto lo eth0\n\n# uplink\niface eth0 inet dhcp\n\n# second\niface eth0 inet6 auto\n# end\n';
  const after = textOf(replaceInterface(parse(before), 'eth0', [{ ...STANZA, method: 'manual', options: [] }]));
  assert.equal(after, 'auto lo eth0\n\n# uplink\niface eth0 inet manual\n\n# second\n# end\n');
});

test('a removed interface is in no auto line any more', () => {
  const before = 'auto lo eth0 eth1\nallow-hotplug eth0\nno-scripts eth0\niface eth0 inet dhcp\niface eth1 inet dhcp\n';
  assert.equal(textOf(removeInterface(parse(before), 'eth0')), 'auto lo eth1\niface eth1 inet dhcp\n');
});

test('what is appended to a file without a last line end, or with an open line, is not a part of that line', () => {
  for (const before of [
    'auto lo',
    'auto lo\\',
    'auto lo\\\n',
    'iface lo inet loopback\n  up true \\',
    'auto lo\r\n',
    '# \\',
  ]) {
    const document = appendInterface(parse(before), INTERFACES, [STANZA], true);
    assert.ok(isSelected(document, 'eth0'));
    assert.deepEqual(parse(textOf(document)), document);
    assert.equal(readInterfaces(parse(textOf(document)), 'strict').stanzas.at(-1)?.name, 'eth0', before);
  }
});

test('an option is changed where it stands, in the spelling that the stanza has', () => {
  const before = 'iface br0 inet manual\n\tbridge-ports eth0\n\tbridge-fd 15\n\tbridge-fd 9\n';
  const options = [
    ['bridge_fd', '0'],
    ['bridge_stp', 'off'],
  ] as const;
  const after = textOf(setInterfaceOptions(parse(before), 'br0', options, 'bridge_ports'));
  assert.equal(after, 'iface br0 inet manual\n\tbridge-ports eth0\n\tbridge-stp off\n\tbridge-fd 0\n');
});

const isOther = (name: string) => !/^(eth0|br0|br1|lodge0)(:|$)/.test(name);

/** Effective options of the interfaces that an edit is not about. Commands that name the uplink may change. */
function stanzasOf(document: InterfacesDocument, isWanted: (name: string) => boolean) {
  return readInterfaces(document, 'tolerant')
    .stanzas.filter(({ name, node }) => isWanted(name) && node.inherits === null)
    .map(({ name, family, method, options }) => {
      const kept = options.filter((option) => option.name !== 'up');
      return { name, family, method, options: kept.map((one) => [one.name, ...one.parts.map(({ value }) => value)]) };
    });
}
