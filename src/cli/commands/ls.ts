import { routes } from '../../api/routes.ts';
import type { GuestRow } from '../../api/types.ts';
import { formatSize, MIB } from '../../base/size.ts';
import type { CliContext } from '../context.ts';
import { renderTable } from '../text-table.ts';

export async function run({ client, output }: CliContext): Promise<undefined> {
  const guests = await client.request<GuestRow[]>('GET', routes.guests);
  output.result(guests, () => (guests.length === 0 ? '' : renderGuests(guests)));
  if (guests.length === 0) output.say('no guests yet: lodge create web1 makes the first one');
}

export function renderGuests(guests: readonly GuestRow[]): string {
  const rows: string[][] = [['NAME', 'STATE', 'IPV4', 'IPV6', 'MEMORY', 'VCPUS', 'IMAGE']];
  for (const { name, phase, ipv4, ipv6, memoryMiB, vcpus, image } of guests) {
    rows.push([name, phase, ipv4 ?? '-', ipv6 ?? '-', formatSize(memoryMiB * MIB), String(vcpus), image ?? '-']);
  }
  return renderTable(rows);
}
