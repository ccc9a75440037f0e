import type { Ipv4Address, Ipv6Address } from '../base/address.ts';
import type { Problem } from '../base/errors.ts';
import type { GuestSpec } from '../model/guest.ts';
import { GUEST_LIMITS } from '../model/guest-defaults.ts';
import type { GuestIdentity } from '../model/guest-network.ts';
import { credentialFiles, renderCredentials } from '../render/identity.ts';

/** The entry point of SMBIOS 2.1 has 16 bits for the length of all tables, and QEMU refuses to start above. */
const TABLES_MAX_BYTES = 65_535;
/** What QEMU itself puts there: 330 bytes seen with 7.2, and a table for each 16 GiB of memory. With room for later versions. */
const OWN_BYTES = 1024;
const BYTES_PER_DIMM = 192;
const DIMM_MIB = 16 * 1024;
/** Head and end of the table, and the zero after each string (SMBIOS 3.6, section 6.1). */
const TABLE_BYTES = 6;

/** Bytes that the credential files may have together, each with its zero. */
export function credentialRoomBytes(memoryMiB: number): number {
  return TABLES_MAX_BYTES - OWN_BYTES - TABLE_BYTES - BYTES_PER_DIMM * Math.ceil(memoryMiB / DIMM_MIB);
}

export function credentialBytes(identity: GuestIdentity): number {
  const files = credentialFiles(renderCredentials(identity));
  return files.reduce((sum, { content }) => sum + new TextEncoder().encode(content).length + 1, 0);
}

const MEMORY_RULE =
  "must be less: beside the tables of so much QEMU has no room to tell a guest from Lodge's images who it is";

/** More than fit, however short they are. */
const MANY_KEYS = 2000;

/**
 * Keys, or memory, that leave QEMU no way to tell the guest who it is: told when they are asked for, not when it starts.
 *
 * @param told what is wrong already: memory that is refused anyhow says nothing about the keys
 */
export function identityProblems(
  spec: Pick<GuestSpec, 'name' | 'identity' | 'memoryMiB' | 'sshKeys'>,
  told: readonly Problem[] = [],
): Problem[] {
  if (spec.identity !== 'credentials') return [];
  const isMemoryTold = told.some(({ path }) => path === 'memoryMiB');
  const memoryMiB = isMemoryTold ? GUEST_LIMITS.memoryMiB.min : spec.memoryMiB;
  const room = credentialRoomBytes(memoryMiB);
  const fits = (count: number) => credentialBytes(largestIdentity(spec.name, spec.sshKeys.slice(0, count))) <= room;
  const { length } = spec.sshKeys;
  if (fits(length)) return [];
  // Fewer keys than none there are not: it is the memory.
  if (!fits(0)) return [{ path: 'memoryMiB', rule: MEMORY_RULE, value: memoryMiB }];
  // The first so many that fit, by halves: keys are of any length.
  let [some, many] = [0, Math.min(length, MANY_KEYS)];
  while (many - some > 1) {
    const middle = Math.floor((some + many) / 2);
    if (fits(middle)) some = middle;
    else many = middle;
  }
  const rule = `must be fewer: the first ${some} fit, as a guest from Lodge's images is told of its keys in 64 KiB`;
  return [{ path: 'sshKeys', rule, value: `${length} keys` }];
}

/** Addresses, host key and Lodge's own key are made later: here they are as long as they can be. */
function largestIdentity(hostname: string, sshKeys: string[]): GuestIdentity {
  const ipv4 = '255.255.255.255' as Ipv4Address;
  const ipv6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' as Ipv6Address;
  return {
    hostname,
    uuid: '00000000-0000-4000-8000-000000000000',
    sshKeys: ['x'.repeat(200), ...sshKeys],
    hostKeyPrivate: 'x'.repeat(1000),
    hostKeyPublic: 'x'.repeat(200),
    addressing: {
      mac: 'ff:ff:ff:ff:ff:ff' as GuestIdentity['addressing']['mac'],
      ipv4: { address: ipv4, prefixLength: 32, gateway: ipv4, gatewayOnLink: true },
      ipv6: { address: ipv6, prefixLength: 128, gateway: ipv6, gatewayOnLink: true },
      dns: [ipv6, ipv6, ipv6],
    },
  };
}
