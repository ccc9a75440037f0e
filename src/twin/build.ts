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
    await spaces.ip('switch', cableLines(spaces, input.host));
    await Promise.all([
      buildSwitch(spaces, input.host),
      buildRouter(spaces, input, addresses),
      buildOthers(spaces, input, addresses),
    ]);
    await copyHost(spaces, input.host, input.facts);
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
    `link add ${port} type veth peer name ${link} address ${mac} netns ${spaces.nameOf(space)}`;
  return [
    cable('p-router', ROUTER_LINK, 'router', TWIN_MACS.router),
    cable('p-host', host.uplink.name, 'host', host.uplink.mac),
    cable('p-neighbour', 'eth0', 'neighbour', TWIN_MACS.neighbour),
  ];
}

async function buildSwitch(spaces: TwinSpaces, host: HostConfig): Promise<void> {
  await spaces.sysctls('switch', { 'net/ipv6/conf/all/disable_ipv6': '1', 'net/ipv6/conf/default/disable_ipv6': '1' });
  await spaces.nft('switch', switchRules(host));
  await spaces.ip('switch', SWITCH_LINES);
}

async function buildRouter(spaces: TwinSpaces, { host, modes }: TwinInput, addresses: TwinAddresses): Promise<void> {
  await spaces.ip('router', [
    `link add r4 type veth peer name eth0 netns ${spaces.nameOf('internet4')}`,
    `link add r6 type veth peer name eth0 netns ${spaces.nameOf('internet6')}`,
  ]);
  await spaces.sysctls('router', ROUTER_SETTINGS);
  await spaces.nft('router', ROUTER_RULES);
  await spaces.ip('router', routerLines({ host, modes, addresses }));
  await Promise.all([
    spaces.ip('internet4', [
      `address add ${addresses.internet4.outside}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${addresses.internet4.router}`,
    ]),
    spaces.ip('internet6', [
      `address add ${addresses.internet6.outside}/64 dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${addresses.internet6.router}`,
    ]),
  ]);
}

async function buildOthers(spaces: TwinSpaces, { host }: TwinInput, { neighbour }: TwinAddresses): Promise<void> {
  if (neighbour === null || host.ipv4 === null) return;
  await spaces.ip('neighbour', [
    'link set eth0 up',
    `address add ${neighbour}/32 dev eth0`,
    `route add ${host.ipv4.gateway}/32 dev eth0`,
    `route add default via ${host.ipv4.gateway}`,
  ]);
}

/** A neighbour that does not answer is given up after 0.6 s, and not after 3 s: probes of what must not answer are many. */
const ROUTER_SETTINGS = {
  'net/ipv4/ip_forward': '1',
  'net/ipv6/conf/all/forwarding': '1',
  [`net/ipv4/conf/${ROUTER_LINK}/send_redirects`]: '0',
  [`net/ipv4/neigh/${ROUTER_LINK}/retrans_time_ms`]: '200',
  [`net/ipv6/neigh/${ROUTER_LINK}/retrans_time_ms`]: '200',
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
