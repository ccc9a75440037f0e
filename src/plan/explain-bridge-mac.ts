import { shellWord } from '../base/quoting/shell-word.ts';
import type { LinkFact, NetworkFacts } from '../model/network-facts.ts';
import { editOf } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { type NetworkScene, portsOf } from './network-scene.ts';

/** What every frame of this host has to carry: host.yaml's, else what is burnt in, else what the link has. */
function providersMac({ host, uplink }: NetworkScene): string | null {
  return host?.uplink.mac ?? uplink?.permanentMac ?? uplink?.mac ?? null;
}

export const bridgeMacNotUplinks: ExplainRule = {
  id: 'bridge-mac-not-uplinks',
  judge(scene) {
    const { uplink, uplinkBridge } = scene;
    const mac = providersMac(scene);
    if (uplink === null || uplinkBridge === null || mac === null || uplinkBridge.mac === mac) return [];
    const bridge = uplinkBridge.name;
    return [
      {
        level: 'alarm',
        what: `${bridge} has the MAC ${uplinkBridge.mac ?? 'of nobody'}, and its uplink ${uplink.name} has ${mac}`,
        cause: causeOfMac(scene.facts, uplinkBridge),
        consequence:
          `everything the host itself sends leaves with the MAC of ${bridge}. The provider knows ${mac} only: it drops the frames and may ` +
          'shut the port. An IPv6 prefix that is routed to the link-local address of the uplink does not arrive either.',
        fix: `ip link set dev ${shellWord(bridge)} address ${mac}; ${editOf(scene, bridge, { kind: 'mac', value: mac })}`,
      },
    ];
  },
};

function causeOfMac(facts: NetworkFacts, bridge: LinkFact): string {
  const donor = portsOf(facts, bridge.name).find(({ mac }) => mac !== null && mac === bridge.mac);
  if (donor !== undefined) {
    return `a bridge whose MAC nobody set takes the lowest of its ports' MACs: this one is ${donor.name}'s.`;
  }
  return 'the MAC was made up when the bridge was created (systemd gives bridges one of their own since Debian 11), or set by hand.';
}

/** The seed's br0 has the right MAC by luck. */
export const bridgeMacNotPinned: ExplainRule = {
  id: 'bridge-mac-not-pinned',
  judge(scene) {
    const { facts, intent, uplink, uplinkBridge } = scene;
    const mac = providersMac(scene);
    if (uplink === null || uplinkBridge === null || mac === null || uplinkBridge.mac !== mac) return [];
    const wanted = intent.links.find(({ name }) => name === uplinkBridge.name);
    // A bridge that no file makes was made by a program: whether it set the MAC cannot be seen from outside.
    if (wanted?.kind !== 'bridge' || wanted.mac !== null) return [];
    const bridge = uplinkBridge.name;
    const others = portsOf(facts, bridge).filter(({ name, mac: its }) => name !== uplink.name && its !== null);
    const lowest = others.every(({ mac: its }) => its !== null && its > mac);
    const seen = others.map(({ name, mac: its }) => `${name} has ${its}`).join(', ');
    return [
      {
        level: 'surprise',
        what: `${bridge} has the MAC of ${uplink.name} (${mac}), but nothing keeps it`,
        cause:
          'no file sets the MAC of the bridge. Left to itself the kernel gives a bridge the lowest MAC of its ports' +
          (others.length > 0 && lowest ? `, which is ${uplink.name}'s by luck: ${seen}.` : '.') +
          ' Since Debian 11 systemd may make up another when the bridge is created.',
        consequence:
          `a guest's tap with a lower MAC, or the next boot, changes the MAC of ${bridge}: the provider does not know it, ` +
          'the host is unreachable and the port may be shut.',
        fix: `ip link set dev ${shellWord(bridge)} address ${mac}; ${editOf(scene, bridge, { kind: 'mac', value: mac })}`,
      },
    ];
  },
};

export const uplinkMacChanged: ExplainRule = {
  id: 'uplink-mac-changed',
  judge(scene) {
    const { uplink, host } = scene;
    const mac = providersMac(scene);
    if (uplink === null || mac === null || uplink.mac === null || uplink.mac === mac) return [];
    const isOwn = host !== null && (uplink.permanentMac ?? uplink.mac) === uplink.mac;
    return [
      {
        level: 'alarm',
        what: `${uplink.name} sends with the MAC ${uplink.mac}, not with ${mac}`,
        cause: `${host === null ? `${mac} is burnt into the hardware` : `host.yaml says ${mac}`}: ${isOwn ? 'host.yaml is wrong, or it is another card' : 'somebody set another one, or it is another card'}.`,
        consequence: isOwn
          ? 'Lodge takes the wrong MAC for the one that the provider knows: no plan can be made.'
          : 'the provider does not know that MAC: it drops the frames and may shut the port.',
        // A MAC that is only written somewhere is never set on a card that has its own: it would lock the owner out.
        fix: isOwn
          ? `write uplink.mac: ${uplink.mac} into host.yaml (lodge net import --replace does), and leave the card as it is`
          : `ip link set dev ${shellWord(uplink.name)} address ${mac}` +
            (host === null ? '' : '; if the card was exchanged: lodge net import --replace'),
      },
    ];
  },
};
