import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LodgeError } from '../../base/errors.ts';
import { tryGuestPackets } from './try-guest-packets.ts';

const tryWith = (cause: Error) =>
  tryGuestPackets({
    tryPackets: () => Promise.reject(new LodgeError('NETWORK_FAILED', 'a guest cannot be attached', { cause })),
    isSetUp: async () => true,
  });

test('a guest that cannot be attached is a finding, a program that took too long for it is none', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  const refused = new LodgeError('COMMAND_FAILED', 'ip exited with 2: Operation not supported');
  assert.equal((await tryWith(refused)).kind, 'unattached');
  const slow = new LodgeError('TIMED_OUT', 'ip -batch - took longer than 60 s');
  for (const cause of [slow, new Error('the tap', { cause: slow })]) {
    const trial = await tryWith(cause);
    assert.equal(trial.kind, 'untried');
    assert.match(trial.kind === 'untried' ? trial.reason : '', /took longer than 60 s/);
  }
});
