import assert from 'node:assert/strict';
import { MIB } from '../../src/base/size.ts';
import type { LodgeEvent } from '../../src/model/event.ts';
import { openStore } from '../../src/store/store.ts';
import { cachedImage } from './cached-image.ts';
import { GuestShell } from './guest-shell.ts';
import type { LodgeInstance } from './lodge-instance.ts';
import { eventually } from './netns.ts';

/** What a booted guest has for an answer, on a busy machine that emulates its processor. */
export const PATIENCE_MS = 300_000;

async function create(lodge: LodgeInstance, words: string[]): Promise<void> {
  const { exitCode, stderr } = await lodge.run(['create', ...words], {}, { timeoutMs: 900_000 });
  assert.equal(exitCode, 0, stderr);
}

/** Makes `web1`, the Debian that Lodge builds, and waits for its agent: SSH answers long before. @returns root's shell in it */
export async function bootWeb1(lodge: LodgeInstance, options: string[] = []): Promise<GuestShell> {
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  await create(lodge, ['web1', '--image', 'debian-12', '--memory', '512MiB', ...options]);
  const answers = async () => (await lodge.run(['exec', 'web1', '--', 'true'])).exitCode === 0;
  await eventually('its agent answers', answers, PATIENCE_MS);
  return new GuestShell(lodge, 'web1', PATIENCE_MS);
}

/** Makes `other`, a guest without a system that runs beside it. */
export function createOther(lodge: LodgeInstance): Promise<void> {
  return create(lodge, ['other', '--image', 'none', '--disk', '64MiB', '--memory', '64MiB', '--accel', 'tcg']);
}

/** A CD of 4 MiB: a volume descriptor, and the word everywhere else. */
export function cdImage(word: string): Buffer {
  const bytes = Buffer.alloc(4 * MIB, word);
  bytes.write('\x01CD001\x01', 16 * 2048, 'latin1');
  return bytes;
}

/** The daemon has time for whoever asks of the other guest. */
export async function otherIsServed(lodge: LodgeInstance): Promise<void> {
  assert.equal((await lodge.show('other')).phase, 'running');
  const list = await lodge.run(['ls']);
  assert.equal(list.exitCode, 0, list.stderr);
}

export function eventsKept(lodge: LodgeInstance): LodgeEvent[] {
  const store = openStore(lodge.layout.database);
  try {
    return store.events.since(0);
  } finally {
    store.close();
  }
}
