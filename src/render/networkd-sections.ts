import type { IntentAddress, IntentRoute } from '../model/network-intent.ts';

/**
 * An [Address] section. The length stands behind the peer too: networkd takes one length for both, that of the last line, and for a
 * peer without any that of its class.
 */
export function renderAddressSection({
  address,
  prefixLength,
  peer,
}: Pick<IntentAddress, 'address' | 'prefixLength' | 'peer'>): string {
  const peerLine = peer === null ? [] : [`Peer=${peer}/${prefixLength}`];
  return section('Address', [`Address=${address}/${prefixLength}`, ...peerLine]);
}

/** A [Route] section. */
export function renderRouteSection(
  route: Pick<IntentRoute, 'family' | 'destination' | 'type' | 'via' | 'metric' | 'isOnLink'>,
): string {
  const all = route.family === 'ipv4' ? '0.0.0.0/0' : '::/0';
  const isPlainDefault = route.destination === 'default' && route.via !== null;
  return section('Route', [
    ...(isPlainDefault ? [] : [`Destination=${route.destination === 'default' ? all : route.destination}`]),
    ...(route.via === null ? [] : [`Gateway=${route.via}`]),
    ...(route.isOnLink ? ['GatewayOnLink=yes'] : []),
    ...(route.metric === null ? [] : [`Metric=${route.metric}`]),
    ...(route.type === 'unicast' ? [] : [`Type=${route.type}`]),
  ]);
}

/**
 * The .netdev file of a bridge. Its MAC is there from the moment it exists: without it udev makes one up, and the provider
 * sees a stranger.
 */
export function renderBridgeNetdev({ name, mac }: { name: string; mac: string }): string {
  const netdev = section('NetDev', [`Name=${name}`, 'Kind=bridge', `MACAddress=${mac}`]);
  return `# Written by Lodge.\n${netdev}\n${section('Bridge', ['STP=no', 'ForwardDelaySec=0'])}`;
}

export function section(name: string, lines: readonly string[]): string {
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}
