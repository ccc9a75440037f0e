import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GUEST_CAN, type GuestPhase } from './guest.ts';
import { guestRefusal } from './guest-refusal.ts';

test('a guest that is being made says so, and what to wait for', () => {
  const { message, hint } = guestRefusal('web1', 'creating', 'console', 'a1b2');
  assert.equal(message, 'web1 is still being made: console comes when it runs');
  assert.equal(hint, 'lodge operation wait a1b2');
  assert.equal(guestRefusal('web1', 'starting', 'ssh', 'a1b2').hint, 'lodge operation wait a1b2');
});

test('one that is off leads to its start, and none to a command that its phase refuses', () => {
  assert.equal(guestRefusal('web1', 'stopped', 'exec', null).hint, 'lodge start web1');
  for (const phase of Object.keys(GUEST_CAN) as GuestPhase[]) {
    const { hint = '' } = guestRefusal('web1', phase, 'vnc', null);
    const [, action = ''] = /^lodge (start|restart) /.exec(hint) ?? [];
    assert.ok(action === '' || (GUEST_CAN[phase] as readonly string[]).includes(action), `${phase}: ${hint}`);
  }
});
