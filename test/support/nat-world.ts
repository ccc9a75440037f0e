import type { NatLinkInput } from '../../src/engine/nat/link.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import {
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newNetwork,
  plugGuest,
  removeDirectory,
  startInstance,
} from './nat-twin.ts';
import { Namespaces } from './netns.ts';

interface Beginning extends Partial<NatLinkInput> {
  /** Whose system configures itself as our images do; of the others nothing is said but what the test says. All, if it is not told. */
  isStatic?: (guest: NatGuest) => boolean;
  /** What is to be looked at, or made, before the link has touched the host. */
  beforeLink?: () => Promise<unknown>;
}

/** Host, internet, and guests on the link, with taps and rules: what tests of guests' packets begin with. */
export class NatWorld {
  readonly spaces: Namespaces;
  readonly network = newNetwork('');
  directory = '';

  /** The label keeps tests apart that run on one machine. */
  constructor(label: string) {
    this.spaces = new Namespaces(label);
  }

  async begin(
    guests: NatGuest[],
    { isStatic = () => true, beforeLink = async () => {}, ...input }: Beginning = {},
  ): Promise<Instance> {
    this.directory = await makeDirectory();
    await makeHostAndInternet(this.spaces);
    for (const guest of guests) await plugGuest(this.spaces, this.network, guest, { isStatic: isStatic(guest) });
    await beforeLink();
    const link = startInstance(this.spaces, this.directory, this.network, input);
    for (const { nic } of guests) await link.call('createTap', nic);
    await link.call('apply', guests);
    return link;
  }

  /** Packets of every named counter there, or of one table's. */
  async countersOf(space: string, table: string[] = []): Promise<Record<string, number>> {
    const of = table.length === 0 ? [] : ['table', ...table];
    const { stdout } = await this.spaces.run(space, 'nft', ['-j', 'list', 'counters', ...of]);
    const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: string; packets: number } }[] };
    return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])));
  }

  /** Safe to call when `begin` has failed in its middle. */
  async end(): Promise<void> {
    await this.spaces.close();
    if (this.directory !== '') await removeDirectory(this.directory);
  }
}
