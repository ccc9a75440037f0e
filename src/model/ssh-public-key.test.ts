import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertyRuns } from '../../test/support/property-runs.ts';
import { parseSshPublicKey } from './ssh-public-key.ts';

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGK0CTXhnN9gyTnPdXIbD6e8kLtbpF1AGXQ0fCw6T5AN';

const reasonOf = (text: string) => {
  const read = parseSshPublicKey(text);
  return read.ok ? null : read.reason;
};

test('a key keeps its options and its comment', () => {
  for (const options of [
    'from="192.0.2.0/24,!192.0.2.9",command="echo \\"a b\\" | wc",no-pty',
    'restrict,port-forwarding,permitopen="[fd00::1]:80"',
    'environment="A=b c"',
    'No-Agent-Forwarding',
    'cert-authority,principals="a,b"',
  ]) {
    const line = `${options} ${ED25519} me and "you"`;
    assert.deepEqual(parseSshPublicKey(`  ${line.replace(' ssh-', '\tssh-')} `), {
      ok: true,
      value: { line, identity: `${options} ${ED25519}` },
    });
  }
});

test('what no guest takes is named for what it is', () => {
  assert.match(reasonOf('ssh-dss AAAAB3NzaC1kc3MAAACBAP me') ?? '', /DSA/);
  assert.match(reasonOf('from="*" ssh-dss AAAAB3NzaC1kc3MAAACBAP me') ?? '', /DSA/);
  assert.match(reasonOf(`1024 65537 ${'9'.repeat(300)} me`) ?? '', /protocol 1/);
  assert.match(reasonOf('ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1l me') ?? '', /certificate/);
  assert.match(reasonOf('---- BEGIN SSH2 PUBLIC KEY ----') ?? '', /ssh-keygen -i/);
  assert.match(reasonOf('ssh-ed25519') ?? '', /whole key/);
  assert.match(reasonOf('ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB me') ?? '', /whole key/);
  assert.match(reasonOf(`shutdown="now" ${ED25519}`) ?? '', /options sshd\(8\) knows/);
  for (const text of ['', 'nonsense', 'a b c', 'from="*"', `from="* ${ED25519}`]) assert.notEqual(reasonOf(text), null);
});

test('no line can break out of itself', () => {
  for (const end of ['\n', '\r', '\r\n', '\u0000', '\u0085', '\u2028', '\u001b[2J']) {
    assert.notEqual(reasonOf(`${ED25519} me${end}${ED25519} you`), null, JSON.stringify(end));
    assert.notEqual(reasonOf(`command="a${end}b" ${ED25519}`), null, JSON.stringify(end));
  }
  // An escaped quote at the end: sshd reads on until the next quote, which is another option's.
  assert.notEqual(reasonOf(`command="a\\" ${ED25519} " me`), null);
  assert.notEqual(reasonOf(`command="a",, ${ED25519}`), null);
  assert.notEqual(reasonOf(`command=a ${ED25519}`), null);
  assert.notEqual(reasonOf(`${ED25519} ${'x'.repeat(20_000)}`), null);
});

test('whatever passes is one line with one key, and passes again', () => {
  const part = fc.constantFrom('from="a"', ',', ' ', '"', '\\', '\n', ED25519, 'restrict', 'command=', '=', 'me', '\t');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const read = parseSshPublicKey(parts.join(''));
      if (!read.ok) return;
      assert.doesNotMatch(read.value.line, /[\r\n]/);
      assert.deepEqual(parseSshPublicKey(read.value.line), read);
    }),
    propertyRuns(300),
  );
});
