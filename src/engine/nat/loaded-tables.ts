import { listTables } from '../../host/nft.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { NatFamilies } from '../../model/nat-families.ts';
import { tableFamily } from '../../render/nat-ruleset.ts';
import { sharesTableName } from '../../render/nat-shares.ts';

/**
 * Which tables this daemon has loaded. Others of the same names in their place, as `nft -f` of a ruleset that the owner has saved makes
 * them, know the guests of that time, and may be an older Lodge's.
 */
export class LoadedTables {
  readonly #network: NatNetwork;
  #noted: string | null = null;

  constructor(network: NatNetwork) {
    this.#network = network;
  }

  async note(families: NatFamilies): Promise<void> {
    this.#noted = await this.#read(families);
  }

  /** Whether all are there, and are those that were noted last, if any were. */
  async areThere(families: NatFamilies): Promise<boolean> {
    const now = await this.#read(families);
    return now !== null && (this.#noted ?? now) === now;
  }

  /** Their handles; null when one is not there. */
  async #read(families: NatFamilies): Promise<string | null> {
    const { tableName } = this.#network;
    const family = tableFamily(families);
    const ours: [string, string][] = [
      [family, tableName],
      [family, sharesTableName(this.#network)],
      ['arp', tableName],
    ];
    const tables = await listTables();
    const handles = ours.flatMap(
      ([of, called]) => tables.find(({ family, name }) => family === of && name === called)?.handle ?? [],
    );
    return handles.length < ours.length ? null : handles.join(' ');
  }
}
