import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LodgeEvent } from '../api/types.ts';
import { renderEvent } from './event-text.ts';

test('what happens to a guest or an operation is told in a sentence, not by the word that it is stored by', () => {
  const guest = (phase: 'failed' | 'removing' | 'running') =>
    ({ seq: 1, atMs: 0, type: 'guest.phase', guest: 'web1', phase, reason: null }) as LodgeEvent;
  assert.match(renderEvent(guest('failed')), /guest web1 could not be made$/);
  assert.match(renderEvent(guest('removing')), /guest web1 is being removed$/);
  assert.match(renderEvent(guest('running')), /guest web1 is running$/);
  const operation = { id: 'a1b2', kind: 'image.import', subject: 'cut', state: 'failed' };
  assert.match(
    renderEvent({ seq: 2, atMs: 0, type: 'operation', operation } as LodgeEvent),
    /operation a1b2, import image cut, has failed$/,
  );
});
