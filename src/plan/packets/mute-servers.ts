import { NAME_PORTS } from '../../model/name-ports.ts';
import type { RouteRefusal } from './explain-silence.ts';

/** A program of the host that waits for packets. */
interface Waiting {
  protocol: 'tcp' | 'udp';
  /** `*`: every address. */
  address: string;
  device: string | null;
  port: number;
  program: string;
  pid: number | null;
}

/**
 * Lodge offers no DHCPv6 beside a server that has the port for itself: guests learn their address by advertisements.
 *
 * @param ours process ids of dnsmasqs that Lodge has started: they wait at the same port of every address
 */
export function foreignDhcpv6(waiting: readonly Waiting[], ours: readonly number[]): RouteRefusal | null {
  const one = waiting.find(
    ({ port, address, device, pid }) =>
      port === 547 && address === '*' && device === null && (pid === null || !ours.includes(pid)),
  );
  if (one === undefined) return null;
  return { reason: `it reached ${one.program}, which has port 547 of every address and did not answer`, fix: null };
}

/**
 * Questions for port 53 are led to the port of Lodge's own dnsmasq, whoever has 53.
 *
 * @param own the addresses at which it is asked
 */
export function muteNameService(
  waiting: readonly Waiting[],
  ours: readonly number[],
  { protocol, own }: { protocol: 'tcp' | 'udp'; own: readonly string[] },
): RouteRefusal {
  const ports: readonly number[] = NAME_PORTS.dns;
  const service = waiting.find(
    (each) =>
      each.protocol === protocol &&
      ports.includes(each.port) &&
      each.pid !== null &&
      ours.includes(each.pid) &&
      (each.address === '*' || own.includes(each.address)),
  );
  if (service === undefined) return { reason: "Lodge's name service does not listen there", fix: null };
  const reason = `it reached Lodge's name service (${service.program}, pid ${service.pid}), which did not answer`;
  return { reason, fix: null };
}
