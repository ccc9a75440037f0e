import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFreeGuestName, parseGuestName } from './guest-name.ts';

test('names that are good host names', () => {
  for (const name of ['a', 'web1', 'a-b', 'a--b', 'n'.repeat(40)]) assert.equal(parseGuestName(name).ok, true, name);
});

test('names that would be trouble as a directory, a host name or an option', () => {
  for (const name of ['', '1web', '-a', 'a-', 'Web', 'a.b', 'a/b', '..', 'a b', 'ä', 'a\n', 'n'.repeat(41)])
    assert.equal(parseGuestName(name).ok, false, JSON.stringify(name));
});

test('whatever is accepted is a label of RFC 1123', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,45}$/), (name) => {
      if (parseGuestName(name).ok) assert.match(name, /^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
    }),
  );
});

test('a reserved name is free for no new guest, and one that has it already keeps it', () => {
  assert.equal(parseFreeGuestName('localhost').ok, false);
  assert.equal(parseGuestName('localhost').ok, true);
  assert.equal(parseFreeGuestName('web1').ok, true);
});
