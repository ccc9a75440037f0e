import { shellWord } from '../base/quoting/shell-word.ts';
import { lastOf, prefixOf } from './address-reach.ts';
import { editOf, findLine, spotWords } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';

/** Left over from another address, as the seed's `brd 188.40.110.255` on 192.0.2.195/26. */
export const broadcastOutsidePrefix: ExplainRule = {
  id: 'broadcast-outside-prefix',
  judge: ({ facts }) =>
    facts.addresses.flatMap(({ link, address, prefixLength, broadcast, family, peer }) => {
      if (family !== 'ipv4' || broadcast == null || peer !== null || prefixLength > 30) return [];
      const right = lastOf(prefixOf(address, prefixLength));
      if (broadcast === right || broadcast === '255.255.255.255' || broadcast === '0.0.0.0') return [];
      const spot = findLine(facts, new RegExp(`\\b(broadcast|brd)\\s+${broadcast.replaceAll('.', '\\.')}\\b`, 'i'));
      return [
        {
          level: 'surprise',
          what: `${address}/${prefixLength} on ${link} has the broadcast address ${broadcast}; that of its network is ${right}`,
          cause:
            spot === null
              ? 'it was set by hand or by a file that has been edited since.'
              : `${spotWords(spot)} sets it; it belongs to another network.`,
          consequence: `nothing that matters: the kernel counts ${right} as the broadcast address too. It shows that the line was copied from elsewhere.`,
          fix:
            spot === null
              ? null
              : `take the word out of ${spotWords(spot)}: the right one is worked out from the prefix`,
        },
      ];
    }),
};

/** Hetzner's vSwitch: VLANs 4000 to 4091, which carry 1400 bytes. */
export const vlanMtu: ExplainRule = {
  id: 'vlan-mtu',
  judge: (scene) =>
    scene.facts.links
      .filter(({ kind, vlanId, parent, mtu }) => {
        const { uplink, uplinkBridge, provider } = scene;
        const isOutside = parent !== null && (parent === uplink?.name || parent === uplinkBridge?.name);
        const isSwitch = vlanId !== null && vlanId >= 4000 && vlanId <= 4091;
        return kind === 'vlan' && isOutside && isSwitch && mtu > 1400 && provider?.id === 'hetzner';
      })
      .map(({ name, vlanId, mtu }) => ({
        level: 'alarm',
        what: `${name} (VLAN ${vlanId}) has an MTU of ${mtu}, and the provider's vSwitch carries 1400`,
        cause: 'a VLAN takes the MTU of the link below it where nobody says otherwise.',
        consequence: 'ping and small requests work, large answers vanish: connections hang once data flows.',
        fix: `ip link set dev ${shellWord(name)} mtu 1400; ${editOf(scene, name, { kind: 'mtu', value: '1400' })}`,
      })),
};
