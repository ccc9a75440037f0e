import { canGuardIpv6, observeIpv6 } from '../../host/ipv6-state.ts';
import type { Ipv6State } from '../../model/nat-families.ts';

/** Whether guests can have IPv6: the settings are read each time, what nft of this kernel can is asked once. */
export class Ipv6Reader {
  #canGuard: Promise<boolean> | null = null;

  async read(): Promise<Ipv6State> {
    const state = await observeIpv6();
    if (state === 'absent') return state;
    this.#canGuard ??= canGuardIpv6().catch((error: unknown) => {
      this.#canGuard = null;
      throw error;
    });
    return (await this.#canGuard) ? state : 'unguarded';
  }
}
