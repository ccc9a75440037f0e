import { forgetConnections } from '../../host/conntrack.ts';
import { runIpBatch } from '../../host/ip.ts';
import { applyRuleset, listTables, readCounters, readTableComment } from '../../host/nft.ts';
import type { GuestNic, PublishedPort } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { ShareRefusal } from '../../model/guest-share.ts';
import { familiesOf, type Ipv6State, type NatFamilies } from '../../model/nat-families.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { natTapPrefix } from '../../model/nat-tap-prefix.ts';
import { refusalsOf } from '../../parse/nat-shares.ts';
import { renderNatRuleset, renderNatRulesetRemoval, tableFamily } from '../../render/nat-ruleset.ts';
import { sharesTableName } from '../../render/nat-shares.ts';
import { inHostTurn } from '../host-turn.ts';
import { Lock } from '../lock.ts';
import {
  enableForwarding,
  type ForwardingInput,
  keepRouterAdvertisements,
  listUplinks,
  restoreForwarding,
} from './forwarding.ts';
import { hostPortInUse } from './host-ports.ts';
import { Ipv6Reader } from './ipv6-reader.ts';
import { LoadedTables } from './loaded-tables.ts';
import { chooseService, findNameService, isServing, nameServiceFiles, serveNames, stopNames } from './name-service.ts';
import { isKeptOffNetworkd, keepOffNetworkd, leaveToNetworkd } from './off-networkd.ts';
import { unreachableRoutes } from './pool-routes.ts';
import { readLimits, renderSharesOf } from './shares.ts';
import {
  allowLoopback,
  areForwarding,
  createTap,
  listTaps,
  lostFamilies,
  removeTap,
  renewTaps,
  type TapAddresses,
  type TapEnd,
} from './tap.ts';

/** What of the `nat` link is there now. */
export interface NatObservation {
  taps: string[];
  /** Whether the tables are loaded: `nft flush ruleset` of another program takes them too. Then `apply` again. */
  isTableLoaded: boolean;
  /** Packets refused since the rules were last written, by reason. */
  refusedPackets: Record<string, number>;
  dnsmasqPid: number | null;
}

/** The `nat` link of one instance, in the network namespace the daemon is in. Calls wait for each other. */
export interface NatLink {
  /** Makes the guest's tap, owned by the guest's user, or with a namespace in the guest's place at its other end. Repeatable. */
  createTap(nic: GuestNic, end?: TapEnd): Promise<void>;
  /** Repeatable; no tap is no error. The guest's connections are forgotten: the next one at its addresses has none of them. */
  removeTap(nic: Pick<GuestNic, 'tap' | 'ipv4' | 'ipv6'>): Promise<void>;
  /** Makes rules, forwarding and name service those of exactly these guests; with none, everything of ours is gone. */
  apply(guests: NatGuest[]): Promise<void>;
  /** Removes taps of this instance that are not in the list. */
  sweep(knownTaps: string[]): Promise<void>;
  observe(): Promise<NatObservation>;
  /** Which guests were refused something because they had their share of it. */
  refusals(): Promise<ShareRefusal[]>;
  /** Whether rules, name service and the taps that are there are as they were made: one process, so that it can be asked often. */
  isGuarded(nics: readonly TapAddresses[]): Promise<boolean>;
  /**
   * `apply`, and gives the taps that are there everything that one has that is made now: what an older Lodge did not give them, forwarding,
   * which who switches it off for the host switches off for every link, and what programs take away that configure every link.
   */
  mend(guests: NatGuest[]): Promise<void>;
  /** The program of the host that listens where the port would be published, or null. */
  hostPortInUse(port: PublishedPort): Promise<string | null>;
  /** Whether guests have IPv6 on this host at this moment, and if not, why. */
  ipv6(): Promise<Ipv6State>;
}

export interface NatLinkInput {
  network: NatNetwork;
  /** Directories of the instance: what must outlive a crash, and what is gone at the next boot. */
  stateDir: string;
  runDir: string;
  /** The user that QEMU runs as: its taps are his. */
  qemuUid: number;
  qemuGid: number;
  /** Whether the plan of the host's network wants a setting for itself: it stays when the last guest goes. */
  isWantedElsewhere?: (path: string) => boolean;
  /** False only in tests: forwards as kernels before 6.17 have to. */
  perLinkIpv6Forwarding?: boolean;
}

export function createNatLink(input: NatLinkInput): NatLink {
  const { network } = input;
  const parts: Parts = {
    network,
    names: nameServiceFiles(`${input.runDir}/nat`),
    forwarding: {
      file: `${input.stateDir}/nat/forwarding.json`,
      isOurTap: (name) => name.startsWith(natTapPrefix(network)),
      isWantedElsewhere: input.isWantedElsewhere ?? (() => false),
      isPerLinkIpv6Allowed: input.perLinkIpv6Forwarding ?? true,
    },
    ipv6: new Ipv6Reader(),
    tables: new LoadedTables(network),
  };
  const lock = new Lock();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => lock.run(work);
  /** Of settings that other instances have a part in: who goes looks who is there, and leaves them the notes. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => inTurn(() => inHostTurn('forwarding', work));
  return {
    createTap: (nic, end) =>
      alone(async () => {
        await keepRouterAdvertisements(parts.forwarding);
        await keepOffNetworkd(network);
        const ipv6 = await parts.ipv6.read();
        await createTap(network, nic, end ?? { uid: input.qemuUid, gid: input.qemuGid }, ipv6);
      }),
    removeTap: (nic) =>
      inTurn(async () => {
        await removeTap(network, nic.tap);
        await forgetConnections([nic.ipv4, nic.ipv6].filter((address) => address !== null));
      }),
    apply: (guests) => alone(() => (guests.length === 0 ? takeDown(parts) : bringUp(parts, guests))),
    sweep: (knownTaps) =>
      inTurn(async () => {
        const strays = (await listTaps(network)).filter((tap) => !knownTaps.includes(tap));
        await runIpBatch(
          strays.map((tap) => `link delete dev ${tap}`),
          { force: true },
        );
      }),
    observe: () => inTurn(() => observe(parts)),
    refusals: async () => refusalsOf((await readLimits(network, familiesOf(await parts.ipv6.read()))) ?? []),
    isGuarded: (nics) => inTurn(() => isGuarded(parts, nics)),
    mend: (guests) =>
      alone(async () => {
        const nics = guests.map(({ nic }) => nic);
        const lost = await lostFamilies(network, nics, await parts.ipv6.read());
        await keepOffNetworkd(network, lost.length > 0);
        await bringUp(parts, guests);
        await renewTaps(network, nics, await parts.ipv6.read());
      }),
    hostPortInUse: (port) => hostPortInUse(port, network),
    ipv6: () => parts.ipv6.read(),
  };
}

interface Parts {
  network: NatNetwork;
  names: ReturnType<typeof nameServiceFiles>;
  forwarding: ForwardingInput;
  ipv6: Ipv6Reader;
  tables: LoadedTables;
}

async function isGuarded({ network, names, ipv6, tables }: Parts, nics: readonly TapAddresses[]): Promise<boolean> {
  const state = await ipv6.read();
  return (
    (await tables.areThere(familiesOf(state))) &&
    (await areForwarding(
      nics.map(({ tap }) => tap),
      state,
    )) &&
    (await lostFamilies(network, nics, state)).length === 0 &&
    (await isKeptOffNetworkd(network)) &&
    (await isServing(network, names, state))
  );
}

/**
 * The rules come before forwarding: nothing is forwarded for a guest before its packets are looked at. dnsmasq starts beside
 * them: it listens on taps alone, and whoever is on one already has his rules.
 */
async function bringUp(parts: Parts, all: NatGuest[]): Promise<void> {
  const { network } = parts;
  const state = await parts.ipv6.read();
  const families = familiesOf(state);
  const service = await chooseService(parts.names, state);
  // An address that a guest has kept for the time when IPv6 is back is not its own now.
  const guests = state === 'on' ? all : all.map(({ name, nic }) => ({ name, nic: { ...nic, ipv6: null } }));
  const rules = renderNatRuleset(network, guests, { note: parts.forwarding.file, families, ports: service.ports });
  const [uplinks] = await Promise.all([
    listUplinks(parts.forwarding),
    loadTables(parts, guests, rules, families),
    runIpBatch(unreachableRoutes(network, state).map((route) => `route replace ${route}`)),
    serveNames(network, guests, parts.names, service),
    keepOffNetworkd(network),
  ]);
  await Promise.all([
    parts.tables.note(families),
    enableForwarding(parts.forwarding, uplinks, state),
    ...guests.map(({ nic }) => allowLoopback(nic.tap, nic.publish.length > 0)),
  ]);
}

/** An older Lodge's table of shares may have sets that nft does not let become these: then it is made anew. */
async function loadTables({ network }: Parts, guests: NatGuest[], rules: string, families: NatFamilies): Promise<void> {
  const present = await readLimits(network, families);
  try {
    await applyRuleset(rules + (await renderSharesOf(network, guests, { present, families })));
  } catch (error) {
    if (present === null) throw error;
    await applyRuleset(rules + (await renderSharesOf(network, guests, { present: null, families })));
  }
}

/** Each part is taken down even when another one fails; the first failure is reported. */
async function takeDown(parts: Parts): Promise<void> {
  const families = familiesOf(await parts.ipv6.read());
  const results = await Promise.allSettled([
    stopNames(parts.names),
    findHeir(parts.network, tableFamily(families)).then((heir) => restoreForwarding(parts.forwarding, heir)),
    runIpBatch(
      // Both: what is off now may have been on when they were made.
      unreachableRoutes(parts.network, 'on').map((route) => `route delete ${route}`),
      { force: true },
    ),
    applyRuleset(renderNatRulesetRemoval(parts.network, families)),
    leaveToNetworkd(parts.network),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Where another instance in this namespace, which still needs the uplink to forward, keeps its notes. */
async function findHeir(network: NatNetwork, family: 'inet' | 'ip'): Promise<string | null> {
  const isOther = (name: string) => /^lodge(_[0-9a-f]{6})?$/.test(name) && name !== network.tableName;
  const other = (await listTables()).find((table) => table.family === family && isOther(table.name));
  return other === undefined ? null : await readTableComment(family, other.name);
}

async function observe(parts: Parts): Promise<NatObservation> {
  const { network } = parts;
  const family = tableFamily(familiesOf(await parts.ipv6.read()));
  const [taps, inet, shares, arp, dnsmasqPid] = await Promise.all([
    listTaps(network),
    readCounters(family, network.tableName),
    readCounters(family, sharesTableName(network)),
    readCounters('arp', network.tableName),
    findNameService(parts.names),
  ]);
  return {
    taps,
    isTableLoaded: inet !== null && shares !== null && arp !== null,
    refusedPackets: { ...inet, ...shares, ...arp },
    dnsmasqPid,
  };
}
