import type { Finding } from '../../model/network-finding.ts';
import type { NetworkIntent } from '../../model/network-intent.ts';
import type { NetworkLayout } from '../../model/network-plan.ts';
import { explainNetwork } from '../explain-network.ts';
import type { Situation } from './situation.ts';
import { servedSubnet } from './subnet-bridge.ts';

/** What the owner should know before applying: what is odd about the host as it is, and what this layout costs. */
export function layoutFindings(situation: Situation, layout: NetworkLayout, intent: NetworkIntent): Finding[] {
  const seen = explainNetwork(situation.facts, intent, situation.host).filter(({ level }) => level !== 'note');
  return [...seen, ...costs(situation, layout)];
}

function costs(situation: Situation, layout: NetworkLayout): Finding[] {
  switch (layout) {
    case 'routed':
      return virtualMacsIdle(situation);
    case 'bridged':
      return bridgedCosts(situation);
    case 'subnet-bridge':
      return [threeAddresses(situation), ...virtualMacsIdle(situation)];
  }
}

/** An address that the provider has bound to a virtual MAC does not come to the uplink's. */
function virtualMacsIdle({ host }: Situation): Finding[] {
  return host.extraIpv4.flatMap((extra): Finding[] => {
    if (extra.kind !== 'single' || extra.mac === null) return [];
    return [
      {
        id: 'virtual-mac-needs-a-bridge',
        level: 'surprise',
        what: `${extra.address} is of no use in this layout: it has the virtual MAC ${extra.mac}`,
        cause:
          'the provider sends it to that MAC and no other, and only a guest on a bridge over the uplink can have one',
        consequence: 'no guest can have it; everything else works',
        fix: 'let the provider take the virtual MAC off and take it out of host.yaml, or use --layout bridged',
      },
    ];
  });
}

function bridgedCosts({ host }: Situation): Finding[] {
  const singles = host.extraIpv4.filter((extra) => extra.kind === 'single');
  const findings: Finding[] = [];
  if (!singles.some(({ mac }) => mac !== null)) {
    findings.push({
      id: 'bridge-without-virtual-macs',
      level: 'alarm',
      what: 'no address in host.yaml has a virtual MAC: no guest can be on this bridge',
      cause: 'a guest on the bridge shows its own MAC to the provider, who knows only those it has given out',
      consequence:
        'the MAC guard drops everything such a guest sends; without the guard the provider would shut the port',
      fix: 'order virtual MACs from the provider and write them into host.yaml (extraIpv4, mac), or use --layout routed, which needs none',
    });
  }
  if (host.ipv6?.mode === 'routed') {
    findings.push({
      id: 'bridged-guests-without-ipv6',
      level: 'note',
      what: `guests on the bridge have no IPv6 of ${host.ipv6.prefix}`,
      cause: "the provider routes the prefix to the link-local address of this host's MAC",
      consequence: 'IPv6 for guests has to be routed by this host, as in --layout routed',
      fix: null,
    });
  }
  return findings;
}

function threeAddresses({ host }: Situation): Finding {
  const subnet = servedSubnet(host);
  return {
    id: 'subnet-costs-three-addresses',
    level: 'note',
    what: `three addresses of ${subnet} are not for guests`,
    cause: 'a network on a bridge has an address of its own, a gateway and a broadcast address',
    consequence: 'with --layout routed every address of the subnet can be a guest',
    fix: null,
  };
}
