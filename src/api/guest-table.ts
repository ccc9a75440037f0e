import { formatSize, MIB } from '../base/size.ts';
import { renderTable } from '../base/text-table.ts';
import { pendingText } from './pending-text.ts';
import type { GuestRow } from './types.ts';

const HEAD = ['NAME', 'STATE', 'IPV4', 'IPV6', 'MEMORY', 'VCPUS', 'IMAGE'];

/**
 * What `lodge ls` prints: an answer of the API itself (`Accept: text/plain`), so that it needs no Node on the asking side. Empty
 * when there is no guest. A running guest has in its columns what runs; what waits for its next start is in a last column, which
 * is there when something does.
 */
export function renderGuestTable(guests: readonly GuestRow[]): string {
  if (guests.length === 0) return '';
  const waits = guests.some(({ pending }) => pending !== undefined);
  const rows = guests.map((guest) => [...columns(guest), ...(waits ? [waiting(guest)] : [])]);
  return renderTable([[...HEAD, ...(waits ? ['AT NEXT START'] : [])], ...rows]);
}

function columns(guest: GuestRow): string[] {
  const { name, phase, ipv4, ipv6, image } = guest;
  const memory = formatSize(Number(running(guest, 'memoryMiB')) * MIB);
  return [name, phase, ipv4 ?? '-', ipv6 ?? '-', memory, String(running(guest, 'vcpus')), image ?? '-'];
}

function running(guest: GuestRow, field: 'memoryMiB' | 'vcpus'): unknown {
  return guest.pending?.find((change) => change.field === field)?.running ?? guest[field];
}

function waiting({ pending }: GuestRow): string {
  if (pending === undefined) return '-';
  return pending.length === 0 ? 'changes' : pending.map(pendingText).join(', ');
}
