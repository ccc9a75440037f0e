import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { GuestRow, ImageListing } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';
import type { CommandSpec } from './command.ts';
import type { CommandInput } from './input.ts';

/** Adds "did you mean web1?" to a not-found error when names that exist are near ones that were typed. */
export async function withSuggestion(
  error: LodgeError,
  spec: CommandSpec,
  input: CommandInput,
  client: ApiClient,
): Promise<LodgeError> {
  const guest = error.code === 'GUEST_NOT_FOUND';
  const known = await (guest ? guestNames(client) : imageNames(client)).catch((): string[] => []);
  const typed = guest ? input.arguments : [...input.arguments, ...optionValues(input)];
  const unknown = typed.filter((name) => !known.includes(name));
  const near = [...new Set(unknown.flatMap((name) => closest(name, known) ?? []))];
  if (near.length > 0) {
    const hint = `did you mean ${near.join(' and ')}?`;
    return new LodgeError(error.code, error.message, { hint, cause: error.cause });
  }
  const list = guest ? 'lodge ls' : 'lodge image ls';
  return new LodgeError(error.code, error.message, {
    hint: error.hint ?? (spec.path[0] === list.slice(6) ? undefined : `${list} shows what there is`),
    cause: error.cause,
  });
}

export async function guestNames(client: ApiClient): Promise<string[]> {
  return (await client.request<GuestRow[]>('GET', routes.guests)).map(({ name }) => name);
}

export async function imageNames(client: ApiClient): Promise<string[]> {
  const { images, buildable } = await client.request<ImageListing>('GET', routes.images);
  return [...new Set([...images.map(({ name }) => name), ...buildable])];
}

function optionValues(input: CommandInput): string[] {
  const image = input.text('image');
  return image === undefined ? [] : [image];
}
