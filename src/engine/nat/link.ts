import { runIpBatch } from '../../host/ip.ts';
import { applyRuleset, listInetTables, readCounters, readTableComment } from '../../host/nft.ts';
import type { GuestNic, PublishedPort } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { NatGuest } from '../../model/nat-guest.ts';
import { natTapPrefix } from '../../model/nat-tap-prefix.ts';
import { renderNatRuleset, renderNatRulesetRemoval } from '../../render/nat-ruleset.ts';
import { Lock } from '../lock.ts';
import { type FirewallWarning, findFirewallWarnings } from './firewall-warnings.ts';
import {
  enableForwarding,
  type ForwardingInput,
  keepRouterAdvertisements,
  listUplinks,
  restoreForwarding,
} from './forwarding.ts';
import { hostPortInUse } from './host-ports.ts';
import { findNameService, nameServiceFiles, serveNames, stopNames } from './name-service.ts';
import { allowLoopback, areForwarding, createTap, forwardAgain, listTaps, removeTap } from './tap.ts';

/** What of the `nat` link is there now. */
export interface NatObservation {
  taps: string[];
  /** Whether the tables are loaded: `nft flush ruleset` of another program takes them too. Then `apply` again. */
  isTableLoaded: boolean;
  /** Packets refused since the rules were last written, by reason. */
  refusedPackets: Record<string, number>;
  dnsmasqPid: number | null;
  warnings: FirewallWarning[];
}

/** The `nat` link of one instance, in the network namespace the daemon is in. Calls wait for each other. */
export interface NatLink {
  /** Makes the guest's tap, owned by the QEMU user. Repeatable. */
  createTap(nic: GuestNic): Promise<void>;
  /** Repeatable; no tap is no error. */
  removeTap(nic: Pick<GuestNic, 'tap'>): Promise<void>;
  /** Makes rules, forwarding and name service those of exactly these guests; with none, everything of ours is gone. */
  apply(guests: NatGuest[]): Promise<void>;
  /** Removes taps of this instance that are not in the list. */
  sweep(knownTaps: string[]): Promise<void>;
  observe(): Promise<NatObservation>;
  /** Whether our rules are loaded and the taps that are there forward: one process, so that it can be asked again and again. */
  isGuarded(taps: readonly string[]): Promise<boolean>;
  /** `apply`, and lets the taps forward again: who switches forwarding off for the host switches it off for every link. */
  mend(guests: NatGuest[]): Promise<void>;
  /** The program of the host that listens where the port would be published, or null. */
  hostPortInUse(port: PublishedPort): Promise<string | null>;
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

/** Unused addresses of the pools answer "unreachable" instead of leaving by the default route. */
const LAST_METRIC = 4_294_967_295;

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
  };
  const lock = new Lock();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => lock.run(work);
  return {
    createTap: (nic) =>
      inTurn(async () => {
        await keepRouterAdvertisements(parts.forwarding);
        await createTap(network, nic, { uid: input.qemuUid, gid: input.qemuGid });
      }),
    removeTap: (nic) => inTurn(() => removeTap(network, nic.tap)),
    apply: (guests) => inTurn(() => (guests.length === 0 ? takeDown(parts) : bringUp(parts, guests))),
    sweep: (knownTaps) =>
      inTurn(async () => {
        const strays = (await listTaps(network)).filter((tap) => !knownTaps.includes(tap));
        await runIpBatch(
          strays.map((tap) => `link delete dev ${tap}`),
          { force: true },
        );
      }),
    observe: () => inTurn(() => observe(parts)),
    isGuarded: (taps) =>
      inTurn(async () => (await listInetTables()).includes(network.tableName) && (await areForwarding(taps))),
    mend: (guests) =>
      inTurn(async () => {
        await bringUp(parts, guests);
        await forwardAgain(guests.map(({ nic }) => nic.tap));
      }),
    hostPortInUse: (port) => hostPortInUse(port, network),
  };
}

interface Parts {
  network: NatNetwork;
  names: ReturnType<typeof nameServiceFiles>;
  forwarding: ForwardingInput;
}

/**
 * The rules come before forwarding: nothing is forwarded for a guest before its packets are looked at. dnsmasq starts beside
 * them: it listens on taps alone, and whoever is on one already has his rules.
 */
async function bringUp(parts: Parts, guests: NatGuest[]): Promise<void> {
  const { network } = parts;
  const [uplinks] = await Promise.all([
    listUplinks(parts.forwarding),
    applyRuleset(renderNatRuleset(network, guests, parts.forwarding.file)),
    runIpBatch(unreachableRoutes(network).map((route) => `route replace ${route}`)),
    serveNames(network, guests, parts.names),
  ]);
  await Promise.all([
    enableForwarding(parts.forwarding, uplinks),
    ...guests.map(({ nic }) => allowLoopback(nic.tap, nic.publish.length > 0)),
  ]);
}

/** Each part is taken down even when another one fails; the first failure is reported. */
async function takeDown(parts: Parts): Promise<void> {
  const results = await Promise.allSettled([
    stopNames(parts.names),
    findHeir(parts.network).then((heir) => restoreForwarding(parts.forwarding, heir)),
    runIpBatch(
      unreachableRoutes(parts.network).map((route) => `route delete ${route}`),
      { force: true },
    ),
    applyRuleset(renderNatRulesetRemoval(parts.network)),
  ]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Where another instance in this namespace, which still needs the uplink to forward, keeps its notes. */
async function findHeir(network: NatNetwork): Promise<string | null> {
  const isOther = (name: string) => /^lodge(_[0-9a-f]{6})?$/.test(name) && name !== network.tableName;
  const other = (await listInetTables()).find(isOther);
  return other === undefined ? null : await readTableComment(other);
}

function unreachableRoutes(network: NatNetwork): string[] {
  return [network.ipv4Prefix, network.ipv6Prefix].map((prefix) => `unreachable ${prefix} metric ${LAST_METRIC}`);
}

async function observe(parts: Parts): Promise<NatObservation> {
  const { network } = parts;
  const [taps, inet, arp, dnsmasqPid, warnings] = await Promise.all([
    listTaps(network),
    readCounters('inet', network.tableName),
    readCounters('arp', network.tableName),
    findNameService(parts.names),
    findFirewallWarnings(network),
  ]);
  return {
    taps,
    isTableLoaded: inet !== null && arp !== null,
    refusedPackets: { ...inet, ...arp },
    dnsmasqPid,
    warnings,
  };
}
