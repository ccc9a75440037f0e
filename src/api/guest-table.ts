import { formatSize, MIB } from '../base/size.ts';
import { renderTable } from '../base/text-table.ts';
import type { GuestRow } from './types.ts';

/**
 * What `lodge ls` prints: an answer of the API itself (`Accept: text/plain`), so that it needs no Node on the asking side. Empty
 * when there is no guest.
 */
export function renderGuestTable(guests: readonly GuestRow[]): string {
  if (guests.length === 0) return '';
  const rows: string[][] = [['NAME', 'STATE', 'IPV4', 'IPV6', 'MEMORY', 'VCPUS', 'IMAGE']];
  for (const { name, phase, ipv4, ipv6, memoryMiB, vcpus, image } of guests) {
    rows.push([name, phase, ipv4 ?? '-', ipv6 ?? '-', formatSize(memoryMiB * MIB), String(vcpus), image ?? '-']);
  }
  return renderTable(rows);
}
