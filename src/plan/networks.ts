import { lengthOf, prefixOf } from './address-reach.ts';

/** Many networks, of which it is asked whether one of them has an address: a look-up for each length that they have. */
export class Networks {
  readonly #prefixes = new Set<string>();
  readonly #lengths = { ipv4: new Set<number>(), ipv6: new Set<number>() };

  /** An address, or a prefix with whatever address of it; `default` is no network. */
  add(prefix: string): void {
    if (prefix === 'default') return;
    const [address = ''] = prefix.split('/');
    const length = lengthOf(prefix);
    this.#prefixes.add(prefixOf(address, length));
    this.#lengths[familyOf(address)].add(length);
  }

  have(address: string): boolean {
    return [...this.#lengths[familyOf(address)]].some((length) => this.#prefixes.has(prefixOf(address, length)));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
