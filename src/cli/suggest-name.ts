import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ApiClient } from '../api/client.ts';
import { routes } from '../api/routes.ts';
import type { GuestRow, ImageListing } from '../api/types.ts';
import { LodgeError } from '../base/errors.ts';
import { closest, editDistance } from '../base/suggest.ts';
import type { CommandSpec } from './command.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';

/** Adds "did you mean webserver?" to a not-found error when names that exist are slips of the pen away from ones that were typed. */
export async function withSuggestion(
  error: LodgeError,
  spec: CommandSpec,
  input: CommandInput,
  { clientIfRunning: client, cwd }: Pick<CliContext, 'clientIfRunning' | 'cwd'>,
): Promise<LodgeError> {
  const guest = error.code === 'GUEST_NOT_FOUND';
  const image = guest ? undefined : input.text('image');
  const file = fileOfThatName(image, cwd);
  const isNoFile = image !== undefined && file === null && error.message === `there is no image ${image}`;
  const message = isNoFile ? `${error.message}, and no file of that name` : error.message;
  const told = (hint: string | undefined) => new LodgeError(error.code, message, { hint, cause: error.cause });
  if (file !== null) return told(`for the file of that name: --image ${file}`);
  const known = await (guest ? guestNames(client) : imageNames(client)).catch((): string[] => []);
  const typed = guest ? typedGuests(spec, input) : [...input.arguments, ...(image === undefined ? [] : [image])];
  const unknown = typed.filter((name) => !known.includes(name));
  const near = [...new Set(unknown.flatMap((name) => meantName(name, known) ?? []))];
  if (near.length > 0) return told(`did you mean ${near.join(' and ')}?`);
  const list = guest ? 'lodge ls' : 'lodge image ls';
  return told(error.hint ?? (spec.path[0] === list.slice(6) ? undefined : list));
}

/** `disk -> ./disk`, where that is there: a bare word is an image's name first. */
function fileOfThatName(image: string | undefined, cwd: string): string | null {
  if (image === undefined || image === '' || image.includes('/')) return null;
  return existsSync(resolve(cwd, image)) ? `./${image}` : null;
}

/** What stands behind the name may be a command of the guest's; of a copy it is the side with a colon. */
function typedGuests(spec: CommandSpec, input: CommandInput): string[] {
  if (spec.passThrough === true) return [input.first];
  if (spec.path[0] !== 'cp') return [...input.arguments];
  return input.arguments.flatMap((end) => /^([^/:]+):/.exec(end)?.[1] ?? []);
}

/** Shorter names are near each other without a slip; of so many letters one may be wrong. */
const SLIP_MIN_LENGTH = 5;

/**
 * The name of another machine is no suggestion: what was typed may have been removed. So only a slip within a long name is one, and never a
 * sibling, whose number or lone letter is another one.
 *
 *     wbeserver -> webserver     web2, db-b, c2 -> nothing, beside web1, db-a and c3
 */
export function meantName(typed: string, known: readonly string[]): string | undefined {
  const others = known.filter((name) => name.length >= SLIP_MIN_LENGTH && numbersOf(name) === numbersOf(typed));
  const near = typed.length < SLIP_MIN_LENGTH ? undefined : closest(typed, others);
  return near !== undefined && editDistance(typed, near) <= Math.floor(near.length / SLIP_MIN_LENGTH)
    ? near
    : undefined;
}

function numbersOf(name: string): string {
  return (name.match(/\d+|(?<=-)[a-z](?=-|$)/g) ?? []).join(' ');
}

export async function guestNames(client: ApiClient): Promise<string[]> {
  return (await client.request<GuestRow[]>('GET', routes.guests)).map(({ name }) => name);
}

export async function imageNames(client: ApiClient): Promise<string[]> {
  const { images, buildable } = await client.request<ImageListing>('GET', routes.images);
  return [...new Set([...images.map(({ name }) => name), ...buildable])];
}
