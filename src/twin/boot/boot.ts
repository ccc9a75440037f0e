import { shellWord } from '../../base/quoting/shell-word.ts';
import type { NetworkOwner } from '../../model/network-intent.ts';
import {
  type BootFailure,
  ifupdown2Command,
  ifupdownCommand,
  readIfupdown2Said,
  readIfupSaid,
  spotOf,
} from './ifupdown.ts';
import { netplanCommand, networkdCommand, readNetworkdSaid } from './networkd.ts';
import type { BootRoom } from './room.ts';
import { runInRoom, TIME_IS_UP } from './run-room.ts';

export interface BootHost extends BootRoom {
  /** Whose program runs. */
  owner: NetworkOwner;
  /** What is plugged in when the host boots. */
  hardware: readonly { name: string; permanentMac: string | null }[];
}

export type Boot =
  | {
      ran: true;
      /** `ifupdown` */
      program: string;
      /** What went wrong, in the program's words. */
      failures: BootFailure[];
      /** What else the program complained of: where something is missing it may say why. */
      complaints: string[];
      /** What was taken for done, or for given. */
      supposed: string[];
    }
  /** It could not be tried, and why. */
  | { ran: false; why: string };

/** `/etc/systemd/network/10-br0.network:12: Invalid address, ignoring assignment: …`, `eno1: Could not set route: …` */
const COMPLAINT = /^(\/\S+:\d+: |\S+: (Could not|Failed))/;
const COMPLAINTS_TOLD = 4;

/** A host that needs longer has a program in its files that waits for something that never comes. */
const LIMIT_SEC = 60;

/**
 * Boots the network of a host in a namespace where its hardware is: the host's own programs run on these files, with their hooks and the
 * files' own commands.
 *
 * @throws COMMAND_FAILED when the room cannot be made
 */
export async function bootIn(namespace: string, host: BootHost, limitSec = LIMIT_SEC): Promise<Boot> {
  const how = programOf(host);
  if (how === null) {
    const why =
      host.owner === 'none'
        ? 'no program that Lodge knows sets the network up, so none can be run in a namespace'
        : `the network is ${host.owner}'s, and that cannot be run in a namespace`;
    return { ran: false, why };
  }
  const command = UDEV + settingsOfLinks(host) + how.command;
  const { exitCode, said, notes } = await runInRoom(namespace, host, command, limitSec);
  if (exitCode === 127) return { ran: false, why: `${how.program} is not installed here` };
  const failures = how.read(said, host.files);
  if (exitCode === TIME_IS_UP) {
    const last = said.trim().split('\n').at(-1) ?? '';
    failures.push({
      spot: spotOf(last, host.files),
      text: `${how.program} was not done after ${limitSec} s, in: ${last}`,
    });
  } else if (exitCode !== 0 && failures.length === 0) {
    failures.push({ spot: null, text: `${how.program} ended with ${exitCode}: ${tailOf(said)}` });
  }
  const complaints = [...new Set(said.split('\n').filter((line) => COMPLAINT.test(line)))].slice(0, COMPLAINTS_TOLD);
  return {
    ran: true,
    program: how.program,
    failures,
    complaints,
    supposed: notes.flatMap((note) => suppositionOf(note, host.files)),
  };
}

/**
 * What udev does, which every Debian has: a bridge whose MAC nobody has set gets one that is made up (MACAddressPolicy=persistent of
 * 99-default.link, systemd.link(5)), and does not take its ports' any more.
 */
const UDEV = `for policy in /etc/systemd/network/99-default.link /usr/lib/systemd/network/99-default.link ''; do [ ! -e "$policy" ] || break; done
if [ -z "$policy" ] || grep -q '^MACAddressPolicy=persistent' "$policy"; then
  ip -o monitor link | while read -r _ name _; do
    name=\${name%%[:@]*}
    [ -d "/sys/class/net/$name/bridge" ] || continue
    read -r assigned < "/sys/class/net/$name/addr_assign_type"
    [ "$assigned" != 1 ] || ip link set "$name" address 02:4d:ad:e0:00:01
  done > /dev/null 2>&1 &
fi
`;

/** What /etc/sysctl.d says of a link is set when udev announces it (99-systemd.rules). What else it says is set already. */
function settingsOfLinks({ hardware }: BootHost): string {
  const prefixes = hardware.flatMap(({ name }) =>
    ['ipv4/conf', 'ipv4/neigh', 'ipv6/conf', 'ipv6/neigh'].map((place) => `--prefix=/net/${place}/${shellWord(name)}`),
  );
  return `if [ -x /lib/systemd/systemd-sysctl ]; then /lib/systemd/systemd-sysctl ${prefixes.join(' ')} 2>/dev/null; fi\n`;
}

interface How {
  program: string;
  command: string;
  read: (said: string, files: BootRoom['files']) => BootFailure[];
}

function programOf({ owner, hardware }: BootHost): How | null {
  const links = hardware.map(({ name }) => name);
  switch (owner) {
    case 'ifupdown':
      return { program: owner, command: ifupdownCommand(links), read: readIfupSaid };
    case 'ifupdown2':
      return { program: owner, command: ifupdown2Command(links), read: readIfupdown2Said };
    case 'networkd':
      return { program: 'systemd-networkd', command: networkdCommand(hardware), read: readNetworkdSaid };
    case 'netplan':
      return { program: 'netplan with systemd-networkd', command: netplanCommand(hardware), read: readNetworkdSaid };
    case 'network-manager':
    case 'none':
      return null;
  }
}

/** `called systemctl restart foo -> /etc/network/interfaces:12: systemctl restart foo …` */
function suppositionOf(note: string, files: BootRoom['files']): string[] {
  const [kind = '', ...words] = note.split(' ');
  const text = words.join(' ');
  switch (kind) {
    case 'called': {
      const spot = spotOf(text, files);
      return [
        `${spot === null ? '' : `${spot}: `}at a boot "${text}" does its work: it leaves the twin and was not run`,
      ];
    }
    case 'lease':
      return [`at a boot ${text} is given what is leased to it now: nobody answers in the twin`];
    case 'supposed':
      return [`the condition ${text} is met: a link of the twin has neither bus nor driver of the real one`];
    case 'waits':
      return ['a wait of a second or more in the files was cut short'];
    default:
      return [];
  }
}

function tailOf(said: string): string {
  return said.trim().split('\n').slice(-3).join('; ');
}
