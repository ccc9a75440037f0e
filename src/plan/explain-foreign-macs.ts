import { shellWord } from '../base/quoting/shell-word.ts';
import type { FdbFact, LinkFact } from '../model/network-facts.ts';
import type { ExplainRule } from './explain-rule.ts';
import type { NetworkScene } from './network-scene.ts';

/** Guests on the bridge with the uplink: their frames leave as they are. */
export const foreignMacBridged: ExplainRule = {
  id: 'foreign-mac-bridged',
  judge(scene) {
    const { facts, host, uplink, uplinkBridge } = scene;
    if (uplink === null || uplinkBridge === null) return [];
    const known = knownMacs(scene);
    const learned = facts.forwardingDatabase.filter(
      (entry) => entry.bridge === uplinkBridge.name && entry.port !== uplink.name && entry.port !== uplinkBridge.name,
    );
    return learned
      .filter((entry) => !entry.isLocal && isUnicast(entry.mac) && !known.has(entry.mac))
      .map((entry) => ({
        level: host === null ? 'surprise' : 'alarm',
        what: `a guest with the MAC ${entry.mac} (port ${entry.port}) is on ${uplinkBridge.name} together with the uplink ${uplink.name}`,
        cause:
          host === null
            ? 'it is bridged to the provider. Whether the provider gave that MAC out cannot be seen from here.'
            : 'it is bridged to the provider, and host.yaml has no address with that MAC.',
        consequence:
          'each of its frames leaves with its own MAC. A provider that does not know it counts a violation and may shut the port for the ' +
          'whole host.',
        fix: `order a virtual MAC and give it to the guest, and to host.yaml as \`mac\`; or take it off now: ip link set dev ${shellWord(entry.port)} nomaster`,
      }));
  },
};

/** A MAC of this side that is learned at the uplink's port: it came in from outside. */
export const ownMacReturns: ExplainRule = {
  id: 'own-mac-returns',
  judge(scene) {
    const { facts, uplink, uplinkBridge } = scene;
    if (uplink === null || uplinkBridge === null) return [];
    const ours = new Map<string, string>();
    for (const link of facts.links) for (const mac of guestMacsOf(link)) ours.set(mac, `the guest at ${link.name}`);
    for (const extra of scene.host?.extraIpv4 ?? []) {
      if (extra.kind === 'single' && extra.mac !== null) ours.set(extra.mac, `the guest with ${extra.address}`);
    }
    for (const entry of facts.forwardingDatabase) {
      if (isElsewhere(entry, uplinkBridge.name)) ours.set(entry.mac, `a guest on ${entry.bridge}`);
    }
    return facts.forwardingDatabase
      .filter((entry) => entry.bridge === uplinkBridge.name && entry.port === uplink.name && !entry.isLocal)
      .flatMap(({ mac }) => {
        const whose = ours.get(mac);
        if (whose === undefined) return [];
        return [
          {
            level: 'alarm',
            what: `${uplinkBridge.name} has seen ${mac}, the MAC of ${whose}, at the port of the uplink ${uplink.name}`,
            cause:
              'frames of that guest come in from the provider: they go round in a loop, or another host uses the same MAC.',
            consequence:
              'answers for the guest are sent to the provider and not to it, and the provider sees a MAC that it may not know.',
            fix: `bridge fdb delete ${mac} dev ${shellWord(uplink.name)} master; then see that the guest is on one bridge only, and give it another MAC`,
          },
        ];
      });
  },
};

/** What the guard kept in is what the provider would have seen. */
export const guardStoppedFrames: ExplainRule = {
  id: 'guard-stopped-frames',
  judge({ facts }) {
    const guard = facts.firewall.guard;
    if (guard === null || (guard.foreignMacs.length === 0 && guard.droppedFrames === 0)) return [];
    const whose = guard.foreignMacs.map((mac) => {
      const link = facts.links.find((one) => one.mac === mac || guestMacsOf(one).includes(mac));
      const entry = facts.forwardingDatabase.find((one) => one.mac === mac);
      const port = link?.name ?? entry?.port;
      return port === undefined ? mac : `${mac} (${port})`;
    });
    return [
      {
        level: 'alarm',
        what: `the MAC guard on ${guard.uplink} stopped ${guard.droppedFrames} frames of ${whose.join(', ') || 'MACs it no longer knows'}`,
        cause: `something on this host sends out of ${guard.uplink} with a MAC that the provider did not give: only ${guard.allowedMacs.join(', ')} may.`,
        consequence: 'none yet: the provider has not seen them. Without the guard each would be a violation.',
        fix: 'find the guest or bridge with that MAC and give it the right one; a virtual MAC you ordered belongs into host.yaml',
      },
    ];
  },
};

export const guardMissing: ExplainRule = {
  id: 'guard-missing',
  judge({ facts, host, uplink, uplinkBridge }) {
    if (host === null || uplink === null || uplinkBridge === null || facts.firewall.guard !== null) return [];
    return [
      {
        level: 'surprise',
        what: `${uplink.name} is bridged, and no MAC guard watches what leaves it`,
        cause: 'the bridge was made without Lodge, or the guard was unloaded.',
        consequence:
          'a frame with a MAC that the provider does not know leaves the host, and the first to notice is the provider.',
        fix: 'lodge net plan --layout bridged, then prove and apply it: the guard comes with it',
      },
    ];
  },
};

function knownMacs({ facts, host, uplink, uplinkBridge }: NetworkScene): Set<string> {
  const extra = (host?.extraIpv4 ?? []).flatMap((one) => (one.kind === 'single' && one.mac !== null ? [one.mac] : []));
  const own = [uplink?.mac, uplink?.permanentMac, uplinkBridge?.mac].filter((mac) => typeof mac === 'string');
  return new Set<string>([...extra, ...own, ...(facts.firewall.guard?.allowedMacs ?? [])]);
}

function isElsewhere({ bridge, isLocal }: FdbFact, uplinkBridge: string): boolean {
  return bridge !== uplinkBridge && !isLocal;
}

/** libvirt and others name a tap's MAC after its guest's, with the first byte fe: `fe:54:00:12:34:56 -> 52:54:00:12:34:56`. */
function guestMacsOf({ kind, mac }: LinkFact): string[] {
  if (kind !== 'tun' || mac === null || !mac.startsWith('fe:')) return [];
  return ['52', '02', '00'].map((first) => `${first}${mac.slice(2)}`);
}

function isUnicast(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}
