import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOST, quietFacts } from '../../../test/support/network-sample.ts';
import { parseInterfaces } from '../../parse/interfaces.ts';
import { intentOfInterfaces } from '../../parse/interfaces-intent.ts';
import { unsaidAddress } from './unsaid-address.ts';

const PATH = '/etc/network/interfaces';
const STANZA = 'iface eth0 inet static\n    address 192.0.2.200/32\n    pointopoint 192.0.2.193\n';

function why(text: string): string | null {
  const intent = intentOfInterfaces(parseInterfaces([{ path: PATH, text }], PATH));
  return unsaidAddress(HOST, 'ipv4', quietFacts(), intent);
}

test('an address that no boot brings back is told by its place: in no file, or in a stanza that nobody brings up', () => {
  assert.equal(why(`auto eth0\n${STANZA}`), null);
  assert.match(why('') ?? '', /^192\.0\.2\.200 is in no file: it was set by hand/);
  assert.equal(
    why(STANZA),
    '192.0.2.200 is in /etc/network/interfaces, line 2, and nothing brings eth0 up at a boot: lodge net explain says what to write',
  );
});
