import type { NetworkIntent } from '../model/network-intent.ts';

interface NamedLink {
  name: string;
  altNames?: readonly string[];
}

/**
 * The name that the kernel prints for a link. It takes each of a link's other names (`ip link property add dev eth0 altname enp1s0`)
 * wherever it takes a name, since Linux 5.5; one that no link has is its own.
 */
export function kernelName(name: string, links: readonly NamedLink[]): string {
  if (links.some((link) => link.name === name)) return name;
  return links.find(({ altNames }) => altNames?.includes(name))?.name ?? name;
}

/** An intent whose links are all called by the names that the kernel prints. */
export function byKernelNames(intent: NetworkIntent, links: readonly NamedLink[]): NetworkIntent {
  if (links.every(({ altNames = [] }) => altNames.length === 0)) return intent;
  const named = (name: string) => kernelName(name, links);
  const parts = ({ addresses, routes, dynamic }: Pick<NetworkIntent, 'addresses' | 'routes' | 'dynamic'>) => ({
    addresses: addresses.map((one) => ({ ...one, link: named(one.link) })),
    routes: routes.map((one) => ({
      ...one,
      link: one.link === null ? null : named(one.link),
      context: named(one.context),
    })),
    dynamic: dynamic.map((one) => ({ ...one, link: named(one.link) })),
  });
  return {
    ...intent,
    ...parts(intent),
    byHand: { ...intent.byHand, ...parts(intent.byHand) },
    links: intent.links.map((link) => ({
      ...link,
      name: named(link.name),
      ports: [...new Set(link.ports.map(named))],
    })),
  };
}
