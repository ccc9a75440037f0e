import { randomBytes, randomUUID } from 'node:crypto';
import type { MacAddress } from './address.ts';

/** Randomness as a parameter: plans are pure, tests pass a fixed source. */
export interface Random {
  uuid(): string;
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  bytes: (count) => randomBytes(count),
};

/** A MAC in 52:54:00, the block QEMU and KVM guests use by custom. */
export function randomMac(random: Random): MacAddress {
  const tail = [...random.bytes(3)].map((byte) => byte.toString(16).padStart(2, '0'));
  return ['52', '54', '00', ...tail].join(':') as MacAddress;
}
