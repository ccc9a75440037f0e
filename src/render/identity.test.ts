import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sampleIdentity } from '../../test/support/identity-sample.ts';
import { credentialFiles, renderCredentials } from './identity.ts';

const golden = (name: string) => join(import.meta.dirname, '../../test/golden/images', name);
const asText = { serializers: [(value: string) => value] };

function asPage(credentials: { name: string; content: string }[]): string {
  return credentials.map(({ name, content }) => `--- ${name}\n${content}`).join('\n');
}

test('credentials of a guest with both families, gateways outside its prefixes', (t) => {
  t.assert.fileSnapshot(asPage(renderCredentials(sampleIdentity())), golden('credentials.txt'), asText);
});

test('credentials of a guest with one IPv4 address inside its prefix', (t) => {
  const { addressing } = sampleIdentity();
  const ipv4 = addressing.ipv4 && { ...addressing.ipv4, prefixLength: 20, gatewayOnLink: false };
  const identity = sampleIdentity({ addressing: { ...addressing, ipv4, ipv6: null } });
  t.assert.fileSnapshot(asPage(renderCredentials(identity)), golden('credentials-ipv4.txt'), asText);
});

test('a file for QEMU is one line of base64, whatever the content is', () => {
  const content = 'first\nsecond, with a comma = and ümlaut\n';
  const [file] = credentialFiles([{ name: 'lodge.x', content }]);
  const [head, base64] = file?.content.split('=', 1).concat(file.content.replace(/^[^=]*=/, '')) ?? [];
  assert.equal(file?.fileName, 'lodge.x');
  assert.equal(head, 'io.systemd.credential.binary:lodge.x');
  assert.equal(Buffer.from(base64 ?? '', 'base64').toString(), content);
  assert.ok(!file.content.includes('\n'));
});
