import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { ImageListing } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import type { CommandInput } from './input.ts';
import { guestNames } from './suggest-name.ts';

/**
 * The guests that were named, each once. Several are looked for first, so that a slip of the pen in one name does nothing to the others;
 * of a single one the daemon says itself that it is not there.
 *
 * @throws GUEST_NOT_FOUND with all that are missing
 */
export async function namedGuests(client: ApiClient, input: CommandInput): Promise<string[]> {
  const names = [...new Set(input.arguments)];
  if (names.length > 1) refuseMissing('guest', names, await guestNames(client));
  return names;
}

/** @throws IMAGE_NOT_FOUND with all that are missing */
export async function namedImages(client: ApiClient, input: CommandInput): Promise<string[]> {
  const names = [...new Set(input.arguments)];
  if (names.length > 1) {
    const { images } = await client.request<ImageListing>('GET', routes.images);
    const known = images.map(({ name }) => name);
    refuseMissing('image', names, known);
  }
  return names;
}

function refuseMissing(noun: 'guest' | 'image', names: readonly string[], known: readonly string[]): void {
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const what = missing.length === 1 ? `is no ${noun} ${missing[0]}` : `are no ${noun}s ${missing.join(', ')}`;
  throw new LodgeError(
    noun === 'guest' ? 'GUEST_NOT_FOUND' : 'IMAGE_NOT_FOUND',
    `there ${what}; nothing was done to any of those named`,
  );
}
