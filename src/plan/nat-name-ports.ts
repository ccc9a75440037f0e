import { NAME_PORTS, type NamePorts } from '../model/name-ports.ts';

/** The first ports that nobody listens on, with whatever address; null when all are taken, which the caller has to say. */
export function chooseNamePorts(taken: ReadonlySet<number>): NamePorts | null {
  const dns = NAME_PORTS.dns.find((port) => !taken.has(port));
  const dhcp = NAME_PORTS.dhcp.find((port) => !taken.has(port));
  return dns === undefined || dhcp === undefined ? null : { dns, dhcp };
}
