import { type Listener, listListeners } from '../../host/listeners.ts';
import type { PublishedPort } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import { familyOfPublished, isEverywhere } from '../../model/published-port.ts';

/**
 * The name of a program of the host that a published port would take the connections from, or null. Our own DNS server
 * on the gateway's addresses is none: the guests keep it.
 */
export async function hostPortInUse(port: PublishedPort, network: NatNetwork | null = null): Promise<string | null> {
  return (await listListeners()).find((listener) => isInTheWay(listener, port, network))?.program ?? null;
}

export function isInTheWay(listener: Listener, port: PublishedPort, network: NatNetwork | null): boolean {
  if (listener.protocol !== port.protocol || listener.port !== port.hostPort) return false;
  const ours: string[] = network === null ? [] : [network.ipv4Gateway, network.ipv6Gateway, network.ipv6Dns];
  if (ours.includes(listener.address)) return false;
  const family = familyOfPublished(port);
  if (family === null) return true;
  if (listener.address !== '*') {
    const isOfFamily = listener.address.includes(':') === (family === 'ipv6');
    return isEverywhere(port, family) ? isOfFamily : listener.address === port.hostAddress;
  }
  // A socket on `::` is of both families unless it says otherwise, and ss does not tell: better refuse.
  return listener.family !== 'ipv4' || family === 'ipv4';
}
