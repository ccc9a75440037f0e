import { NAME_PORTS, type NamePorts } from '../model/name-ports.ts';

/** The first ports that nobody listens on, with whatever address; null when all are taken, which the caller has to say. */
export function chooseNamePorts(listeners: { port: number }[]): NamePorts | null {
  const taken = new Set(listeners.map(({ port }) => port));
  const dns = NAME_PORTS.dns.find((port) => !taken.has(port));
  const dhcp = NAME_PORTS.dhcp.find((port) => !taken.has(port));
  return dns === undefined || dhcp === undefined ? null : { dns, dhcp };
}
