import type { HostConfig } from '../../model/host-config.ts';
import type { ProviderModes } from '../../model/network-plan.ts';
import type { Provider } from '../../model/provider.ts';

/** How the provider may behave, as far as it is known: where nobody knows whether it asks by ARP, a plan has to stand both. */
export function suppositions(host: HostConfig, { ipv4: { arp } }: Provider): ProviderModes[] {
  const ipv6 = host.ipv6?.mode ?? 'none';
  const hasSingles = host.extraIpv4.some(({ kind }) => kind === 'single');
  if (arp !== null) return [{ arp, ipv6 }];
  return hasSingles
    ? [
        { arp: 'asks', ipv6 },
        { arp: 'static', ipv6 },
      ]
    : [{ arp: 'asks', ipv6 }];
}
