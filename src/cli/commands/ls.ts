import { renderGuestTable } from '../../api/guest-table.ts';
import { routes } from '../../api/routes.ts';
import type { GuestRow } from '../../api/types.ts';
import type { CliContext } from '../context.ts';

/** The launcher answers a plain `lodge ls` without Node (tools/ls.pl) and comes here when it cannot. */
export async function run({ client, output }: CliContext): Promise<undefined> {
  const guests = await client.request<GuestRow[]>('GET', routes.guests);
  output.result(guests, () => renderGuestTable(guests));
  if (guests.length === 0) output.say('no guests yet: lodge create web1 makes the first one');
}
