import { LodgeError } from '../../base/errors.ts';
import { observeIpv6 } from '../../host/ipv6-state.ts';
import type { GuestNic, GuestPhase, PublishedPort } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { GuestRefusal } from '../../model/guest-share.ts';
import type { Ipv6State } from '../../model/nat-families.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import type { Store } from '../../store/store.ts';
import { Lock } from '../lock.ts';
import type { NatLink } from '../nat/link.ts';
import type { TapEnd } from '../nat/tap.ts';

/** Guests in these phases have, or are about to have, a tap. */
const ON_THE_NETWORK: readonly GuestPhase[] = ['creating', 'starting', 'running', 'paused', 'stopping'];

/** The network is chosen when the first guest needs it; the link also needs what set-up makes. */
interface NatAccess {
  network(): Promise<NatNetwork>;
  link(): Promise<NatLink>;
}

/**
 * The guests' side of the network: which of them are on it is read from the store, so that whoever refreshes last
 * is right. One at a time: an older list never overwrites a newer one.
 */
export class GuestNetwork {
  readonly #store: Store;
  readonly #nat: NatAccess;
  readonly #lock = new Lock();
  /** Guests that are not there: namespaces in their place, for as long as packets are tried. */
  #stands: NatGuest[] = [];
  /** Whom rules were made for last; null: not known, another daemon's. Who is only about to come has lost nothing. */
  #served: ReadonlySet<string> | null = null;

  constructor(store: Store, nat: NatAccess) {
    this.#store = store;
    this.#nat = nat;
  }

  network(): Promise<NatNetwork> {
    return this.#nat.network();
  }

  /** Whether guests have IPv6 on this host at this moment. A host that is not set up yet is asked for its settings alone. */
  async ipv6(isSetUp: boolean): Promise<Ipv6State> {
    return isSetUp ? (await this.#nat.link()).ipv6() : observeIpv6();
  }

  async attach(nic: GuestNic, end: TapEnd): Promise<void> {
    const link = await this.#nat.link();
    await this.#lock.run(() => link.createTap(nic, end));
  }

  /** Guests that are not there, with everything that one that is there has. An empty list takes the last ones off again. */
  async standIn(guests: NatGuest[]): Promise<void> {
    this.#stands = guests;
    await this.refresh();
  }

  /** Takes taps of no guest away, and makes everything of the rest what this Lodge makes, whatever an older one did. */
  async renew(): Promise<void> {
    const link = await this.#nat.link();
    await this.#lock.run(async () => {
      const guests = this.#onNetwork();
      await link.sweep(guests.map(({ nic }) => nic.tap));
      if (guests.length === 0) await link.apply([]);
      else await link.mend(guests);
      this.#noteServed(guests);
    });
  }

  async portInUse(port: PublishedPort): Promise<boolean> {
    return (await (await this.#nat.link()).hostPortInUse(port)) !== null;
  }

  async detach(nic: GuestNic): Promise<void> {
    const link = await this.#nat.link();
    await this.#lock.run(() => link.removeTap(nic));
  }

  /** @throws PORT_TAKEN when a program of the host listens where a port would be published. */
  async refuseTakenPorts(ports: PublishedPort[]): Promise<void> {
    for (const port of ports) {
      const program = await (await this.#nat.link()).hostPortInUse(port);
      if (program === null) continue;
      throw new LodgeError('PORT_TAKEN', `port ${port.hostPort}/${port.protocol} is taken by ${program}`, {
        hint: 'choose another port with --publish',
      });
    }
  }

  /** Makes rules, DNS and forwarding those of exactly the guests that are on the network. */
  async refresh(): Promise<void> {
    const link = await this.#nat.link();
    await this.#lock.run(async () => {
      const guests = this.#onNetwork();
      await link.apply(guests);
      this.#noteServed(guests);
    });
  }

  /**
   * Puts the rules back when another program has flushed them (a restart of nftables.service does): until then the
   * guests are unfiltered. And forwarding, when it was switched off for the whole host, as the way back of a plan does; and
   * what another program has taken from the taps.
   * Returns whether it had to.
   */
  async reguard(): Promise<boolean> {
    const guests = this.#onNetwork().filter(({ name }) => this.#served?.has(name) ?? true);
    if (guests.length === 0) return false;
    const link = await this.#nat.link();
    if (await link.isGuarded(guests.map(({ nic }) => nic))) return false;
    await this.#lock.run(async () => {
      const all = this.#onNetwork();
      await link.mend(all);
      this.#noteServed(all);
    });
    return true;
  }

  /** Which guests were refused something because they had their share of it; nothing is asked while none is on the network. */
  async refusals(): Promise<GuestRefusal[]> {
    const guests = this.#onNetwork();
    if (guests.length === 0) return [];
    const found = await (await this.#nat.link()).refusals();
    return found.flatMap(({ tap, share, packets }) => {
      const guest = guests.find(({ nic }) => nic.tap === tap);
      return guest === undefined ? [] : [{ guest: guest.name, share, packets }];
    });
  }

  /** After a start of the daemon: takes away what belongs to no guest, renews the rest. */
  async recover(): Promise<void> {
    if (this.#store.guests.rows().length > 0) await this.renew();
    else this.#noteServed([]);
  }

  #noteServed(guests: readonly NatGuest[]): void {
    this.#served = new Set(guests.map(({ name }) => name));
  }

  #onNetwork(): NatGuest[] {
    const guests = this.#store.guests
      .list()
      .filter(({ phase }) => ON_THE_NETWORK.includes(phase))
      .map(({ spec }) => ({ name: spec.name, nic: spec.nic }));
    return [...guests, ...this.#stands];
  }
}
