import type { DoctorCheck } from '../model/doctor.ts';
import { NAME_PORTS } from '../model/name-ports.ts';
import { failing, fine, warned } from './doctor-check.ts';

interface ListeningProgram {
  protocol: 'tcp' | 'udp';
  /** `*`: every address. */
  address: string;
  family: 'ipv4' | 'ipv6' | 'any';
  /** The one interface it hears. */
  device: string | null;
  port: number;
  program: string;
  pid: number | null;
}

export interface NameFacts {
  listeners: ListeningProgram[];
  /** Process ids of dnsmasqs that Lodge has started, this instance or another one: they share their ports. */
  ours: number[];
  /** What resolv.conf names; null: nothing. */
  servers: string[] | null;
}

/** What a program has to be told so that it leaves port 547 of other links alone. */
const LEAVE_LINKS: Record<string, string> = {
  dnsmasq: 'add the line bind-dynamic to /etc/dnsmasq.conf, then restart dnsmasq',
  'kea-dhcp6': 'name its links in "interfaces-config" of /etc/kea/kea-dhcp6.conf, then restart kea-dhcp6-server',
};

/** Whether guests get DNS and DHCP, and how: the name service listens beside servers of the host. */
export function judgeNameService(facts: NameFacts): DoctorCheck {
  const id = 'name-service';
  const strangers = facts.listeners.filter(({ pid }) => pid === null || !facts.ours.includes(pid));
  const taken = (ports: readonly number[]) => ports.every((port) => strangers.some((each) => each.port === port));
  const held = [NAME_PORTS.dns, NAME_PORTS.dhcp].map((ports): readonly number[] => ports).find(taken);
  if (held !== undefined) {
    const who = strangers.filter(({ port }) => held.includes(port)).map(nameOf);
    const fix = `give one of these programs another port: ${[...new Set(who)].join(', ')}`;
    return failing(id, `guests get no DNS: every port of ${held.join(', ')} is taken`, '', fix);
  }
  const dhcpv6 = strangers.find(({ port, address, device }) => port === 547 && address === '*' && device === null);
  const beside = besideText(strangers);
  if (dhcpv6 !== undefined) {
    const summary = `${nameOf(dhcpv6)} has port 547 of every address: guests learn their IPv6 address by advertisements alone`;
    const detail = `That is enough for nearly every image: only one that takes DHCPv6 and no advertisement gets none.${beside}`;
    return warned(id, summary, detail, LEAVE_LINKS[dhcpv6.program] ?? null);
  }
  const isLoopbackServed = strangers.some(
    ({ port, address }) => port === 53 && (address === '*' || address === '127.0.0.1'),
  );
  if (facts.servers === null && !isLoopbackServed) {
    const summary = '/etc/resolv.conf names no DNS server: guests resolve their own names and no others';
    return warned(id, summary, beside.trim(), "echo 'nameserver ADDRESS' >> /etc/resolv.conf");
  }
  const asked = (facts.servers ?? ['127.0.0.1']).join(', ');
  return fine(id, 'guests get DNS and DHCP from the host', `It asks ${asked} for the names of the world.${beside}`);
}

/** Who else serves these ports on every address: nothing is to be changed about it. */
function besideText(strangers: ListeningProgram[]): string {
  const who = strangers
    .filter(({ port, address, device }) => (port === 53 || port === 67) && address === '*' && device === null)
    .map((each) => `${nameOf(each)} at port ${each.port}`);
  return who.length === 0 ? '' : ` Served beside ${[...new Set(who)].join(' and ')}, which goes on as it is.`;
}

function nameOf({ program, pid }: ListeningProgram): string {
  return pid === null ? program : `${program} (pid ${pid})`;
}
