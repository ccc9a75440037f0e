import type { NetworkFacts, ServiceFacts } from '../model/network-facts.ts';
import type { ExplainRule, FindingWords } from './explain-rule.ts';
import { globalAddresses, type NetworkScene } from './network-scene.ts';

/** Two programs, one link: each takes back what the other set. */
export const ownerTwice: ExplainRule = {
  id: 'owner-twice',
  judge({ facts, outside, uplink }) {
    const names = [outside, uplink].flatMap((link) => (link === null ? [] : [link.name, ...link.altNames]));
    const owners = MANAGERS.filter(
      ({ service, claims }) => facts.services[service] === 'active' && names.some((name) => claims(facts, name)),
    );
    if (owners.length < 2) return [];
    return [
      {
        level: 'alarm',
        what: `${owners.map(({ title }) => title).join(' and ')} ${owners.length > 2 ? 'all' : 'both'} configure ${names[0]}`,
        cause: `${owners.length > 2 ? 'all' : 'both'} are active and have files for it or what it stands on.`,
        consequence:
          'which of them was last decides: addresses and routes vanish at a restart of either, or after a boot.',
        fix:
          `keep one. Disable the ${owners.length > 2 ? 'others and do not stop them' : 'other and do not stop it'} (stopping ` +
          'networking.service is `ifdown -a`): ' +
          `${owners
            .toReversed()
            .map((kept) => `systemctl disable ${unitsWithout(owners, kept)}`)
            .join(', or ')}; ` +
          `then move ${owners.length > 2 ? 'their files' : 'its file'} away and reboot when you can`,
      },
    ];
  },
};

function unitsWithout(owners: readonly Manager[], kept: Manager): string {
  return owners.flatMap((owner) => (owner === kept ? [] : [owner.unit])).join(' ');
}

/** Nobody brings the uplink up at boot: its files have no reader, or there are none. */
export const ownerMissing: ExplainRule = {
  id: 'owner-missing',
  judge(scene) {
    const { facts, outside } = scene;
    if (outside === null) return [];
    if ([outside.name, ...outside.altNames].some((name) => IFUPDOWN.claims(facts, name)))
      return isRead(facts) ? [] : [unread(facts.services, outside.name)];
    return isFileless(scene) ? [fileless(outside.name)] : [];
  },
};

function isRead({ services }: NetworkFacts): boolean {
  // Without an answer of systemd's (in a root of its own) `inactive` may be ignorance.
  return !services.systemd || MANAGERS.some(({ service }) => services[service] === 'active');
}

/** An uninstalled ifupdown takes networking.service with it. */
function unread(services: ServiceFacts, link: string): FindingWords {
  const isAbsent = services.networking === 'absent';
  const state = isAbsent
    ? 'ifupdown is not installed.'
    : 'networking.service is not active: removing ifupdown disables it, for ifupdown2 too.';
  return {
    level: 'alarm',
    what: `nothing brings ${link} up at the next boot`,
    cause: `its configuration is in /etc/network/interfaces, and ${state}`,
    consequence: 'the host runs on what is configured now, and has no network after a boot.',
    fix: isAbsent ? 'apt-get install ifupdown' : 'systemctl enable networking.service (do not start or stop it now)',
  };
}

function isFileless({ facts, intent, owner, outside }: NetworkScene): boolean {
  const isSaid = intent.links.length > 0 || intent.addresses.length > 0 || intent.notUnderstood.length > 0;
  if (owner !== 'none' || isSaid || outside === null) return false;
  return globalAddresses(facts, outside.name).some(({ isDynamic }) => !isDynamic);
}

/** No alarm: a script of the provider's may do it. */
function fileless(link: string): FindingWords {
  return {
    level: 'surprise',
    what: `${link} has a fixed address, and no file says so`,
    cause:
      'neither ifupdown nor networkd, netplan or NetworkManager has a file for it: it was set by hand or by a script.',
    consequence: 'where no script sets it at boot, the host has no network then; lodge net prove shows it as red.',
    fix: `write it into the files of the program that is to configure ${link}, for instance /etc/network/interfaces`,
  };
}

export const neverStopNetworking: ExplainRule = {
  id: 'never-stop-networking',
  judge({ facts, owner }) {
    if (facts.services.networking !== 'active' || (owner !== 'ifupdown' && owner !== 'ifupdown2')) return [];
    return [
      {
        level: 'note',
        what: 'networking.service must not be stopped',
        cause:
          'stopping it runs `ifdown -a`, and a restart is a stop first. Advice to "disable and stop networking" is found in many places.',
        consequence:
          'the connection you type in is cut in the middle of the command. To give the network to another program, disable the unit and reboot.',
        fix: null,
      },
    ];
  },
};

interface Manager {
  title: string;
  unit: string;
  service: keyof ServiceFacts & ('networking' | 'networkd' | 'networkManager');
  claims(facts: NetworkFacts, link: string): boolean;
}

const IFUPDOWN: Manager = {
  title: 'ifupdown',
  unit: 'networking.service',
  service: 'networking',
  claims: ({ files }, link) => {
    const stanza = new RegExp(`^[ \\t]*iface[ \\t]+${escaped(link)}[ \\t]+inet6?[ \\t]+(?!manual)`, 'm');
    return files.some(({ path, text }) => path.startsWith('/etc/network/') && stanza.test(text));
  },
};

const NETWORKD: Manager = {
  title: 'systemd-networkd',
  unit: 'systemd-networkd.service',
  service: 'networkd',
  claims: ({ files }, link) => {
    const name = new RegExp(`^[ \\t]*Name[ \\t]*=(?:.*[ \\t])?${escaped(link)}(?:\\s|$)`, 'm');
    const isOwn = (path: string) => /^\/(etc|run)\/systemd\/network\/.*\.network(\.d\/|$)/.test(path);
    return files.some(
      ({ path, text }) => isOwn(path) && name.test(text) && !/^[ \t]*Unmanaged[ \t]*=[ \t]*(yes|true|1)/m.test(text),
    );
  },
};

const NETWORK_MANAGER: Manager = {
  title: 'NetworkManager',
  unit: 'NetworkManager.service',
  service: 'networkManager',
  claims: ({ files }, link) => {
    const name = new RegExp(`^[ \\t]*interface-name[ \\t]*=[ \\t]*${escaped(link)}[ \\t\\r]*$`, 'm');
    return files.some(({ path, text }) => path.includes('/NetworkManager/system-connections/') && name.test(text));
  },
};

const MANAGERS: readonly Manager[] = [IFUPDOWN, NETWORKD, NETWORK_MANAGER];

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
