import { ipBatchWord } from '../base/quoting/ip-batch-word.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { ProviderModes } from '../model/network-plan.ts';
import { chooseAddresses, TWIN_MACS, type TwinAddresses } from './addresses.ts';
import { copyHost } from './copy-host.ts';
import type { PluggedGuest } from './guest.ts';
import { ROUTER_LINK, routerLines } from './router.ts';
import { TwinSpaces } from './spaces.ts';
import { SWITCH_LINES, switchRules } from './switch.ts';

export interface TwinInput {
  host: HostConfig;
  /** What runs on the host, observed or derived from what its files say. */
  facts: NetworkFacts;
  /**
   * `observed`: routes and link-local addresses of the facts are all there are. `derived` from what files say: the kernel's own, which
   * no file names, come besides. `observed` by default.
   */
  origin?: 'observed' | 'derived';
  /** How the provider is supposed to behave. */
  modes: ProviderModes;
  /** Letters and digits: for whoever lists namespaces. */
  label: string;
}

/**
 * A provider, and the host as its customer, in network namespaces:
 *
 *     internet4 --\                            /-- neighbour
 *                  router --- switch (bridge) +
 *     internet6 --/           ports isolated   \-- host -- guests
 */
export interface Twin {
  spaces: TwinSpaces;
  host: HostConfig;
  modes: ProviderModes;
  addresses: TwinAddresses;
  /** Those plugged in now. */
  guests: PluggedGuest[];
}

/**
 * Builds it and returns when it stands; takes it down again when something fails. `closeTwin` ends it.
 *
 * @throws PLAN_REFUSED, COMMAND_FAILED, COMMAND_MISSING
 */
export async function buildTwin(input: TwinInput): Promise<Twin> {
  const spaces = await TwinSpaces.open(input.label);
  try {
    const addresses = chooseAddresses(input.host, input.facts);
    await spaces.add('router', 'switch', 'host', 'neighbour', 'internet4', 'internet6');
    await spaces.setUp('switch', { ip: cableLines(spaces, input.host) });
    await Promise.all([
      buildSwitch(spaces, input.host),
      buildRouter(spaces, input, addresses),
      buildNeighbour(spaces, input, addresses),
    ]);
    await copyHost(spaces, input.host, input.facts, input.origin ?? 'observed');
    return { spaces, host: input.host, modes: input.modes, addresses, guests: [] };
  } catch (error) {
    await spaces.close();
    throw error;
  }
}

/** Every namespace, link and process of it is gone when this returns. */
export async function closeTwin(twin: Twin): Promise<void> {
  await twin.spaces.close();
}

function cableLines(spaces: TwinSpaces, host: HostConfig): string[] {
  const cable = (port: string, link: string, space: string, mac: string) =>
    `link add name ${port} type veth peer name ${ipBatchWord(link)} address ${mac} netns ${spaces.nameOf(space)}`;
  return [
    cable('p-router', ROUTER_LINK, 'router', TWIN_MACS.router),
    cable('p-host', host.uplink.name, 'host', host.uplink.mac),
    cable('p-neighbour', 'eth0', 'neighbour', TWIN_MACS.neighbour),
  ];
}

async function buildSwitch(spaces: TwinSpaces, host: HostConfig): Promise<void> {
  const settings = { 'net/ipv6/conf/all/disable_ipv6': '1', 'net/ipv6/conf/default/disable_ipv6': '1' };
  await spaces.setUp('switch', { settings }, { nft: switchRules(host) }, { ip: SWITCH_LINES });
}

async function buildRouter(spaces: TwinSpaces, { host, modes }: TwinInput, addresses: TwinAddresses): Promise<void> {
  const cables = [
    `link add r4 type veth peer name eth0 netns ${spaces.nameOf('internet4')}`,
    `link add r6 type veth peer name eth0 netns ${spaces.nameOf('internet6')}`,
  ];
  const lines = routerLines({ host, modes, addresses });
  await spaces.setUp('router', { ip: cables }, { settings: ROUTER_SETTINGS }, { nft: ROUTER_RULES }, { ip: lines });
  const { internet4, internet6 } = addresses;
  await Promise.all([
    spaces.setUp('internet4', { ip: endLines(`${internet4.outside}/24`, internet4.router) }),
    spaces.setUp('internet6', { ip: endLines(`${internet6.outside}/64`, internet6.router) }),
  ]);
}

async function buildNeighbour(spaces: TwinSpaces, { host }: TwinInput, { neighbour }: TwinAddresses): Promise<void> {
  if (neighbour === null || host.ipv4 === null) return;
  const { gateway } = host.ipv4;
  await spaces.setUp('neighbour', { ip: endLines(`${neighbour}/32`, gateway, [`route add ${gateway}/32 dev eth0`]) });
}

function endLines(address: string, gateway: string, before: string[] = []): string[] {
  const own = `address add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`;
  return ['link set eth0 up', own, ...before, `route add default via ${gateway}`];
}

/** A neighbour that does not answer is given up after 2.1 s, and not after 3 s. Less would be unfair to a proxy, which waits up to 0.8 s. */
const ROUTER_SETTINGS = {
  'net/ipv4/ip_forward': '1',
  'net/ipv6/conf/all/forwarding': '1',
  [`net/ipv4/conf/${ROUTER_LINK}/send_redirects`]: '0',
  [`net/ipv4/neigh/${ROUTER_LINK}/retrans_time_ms`]: '700',
  [`net/ipv6/neigh/${ROUTER_LINK}/retrans_time_ms`]: '700',
};

/** Counts what the router sends to this customer, for each address: a packet that goes round is counted each time. */
const ROUTER_RULES = `table inet twin {
  set sent4 { type ipv4_addr; flags dynamic; size 65535; counter; }
  set sent6 { type ipv6_addr; flags dynamic; size 65535; counter; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    oifname "${ROUTER_LINK}" add @sent4 { ip daddr }
    oifname "${ROUTER_LINK}" add @sent6 { ip6 daddr }
  }
}
`;
