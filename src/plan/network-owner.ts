import type { LinkFact, NetworkFacts, RouteFact, ServiceState } from '../model/network-facts.ts';
import { EMPTY_INTENT, type NetworkOwner } from '../model/network-intent.ts';
import { entriesOf, networkdUnits } from '../parse/networkd-files.ts';
import { networkFor } from '../parse/networkd-intent.ts';
import { literalNames } from '../parse/networkd-match.ts';
import { defaultRoutes, sceneOf } from './network-scene.ts';

interface Claim {
  owner: NetworkOwner;
  state: ServiceState;
  /** The program, as one calls it. */
  title: string;
  /** The file that speaks of the uplink. */
  path: string;
}

/** What each program marks its routes with (`ip route`: proto). */
const PROTOCOLS: Record<NetworkOwner, readonly string[]> = {
  ifupdown: ['boot'],
  ifupdown2: ['boot', 'static'],
  networkd: ['static', 'dhcp', 'ra'],
  netplan: ['static', 'dhcp', 'ra'],
  'network-manager': ['static', 'dhcp', 'ra'],
  none: [],
};

/**
 * Whose files decide over the network: the program that is active and has a file for the uplink, not just any file that lies there.
 * Where several are active, the one whose mark is on the default route.
 */
export function detectOwner(facts: NetworkFacts): { owner: NetworkOwner; reason: string } {
  const claims = claimsOf(facts);
  const active = claims.filter(({ state }) => state === 'active');
  const [first] = active;
  if (first === undefined) return ownerByFiles(facts, claims);
  const protocol = defaultRoutes(facts).find(({ protocol }) => protocol !== 'kernel')?.protocol;
  const marked = active.find(({ owner }) => protocol !== undefined && PROTOCOLS[owner].includes(protocol));
  const chosen = marked ?? first;
  const others = active.filter((claim) => claim !== chosen).map(({ title, path }) => `${title} (${path})`);
  const reason = `${chosen.title} is active and ${chosen.path} speaks of the uplink`;
  if (others.length === 0) return { owner: chosen.owner, reason };
  const mark = chosen === marked ? `; the default route is marked with "proto ${protocol}", which is its mark` : '';
  return { owner: chosen.owner, reason: `${reason}${mark}. So do ${others.join(' and ')}: two masters of one link` };
}

function ownerByFiles(facts: NetworkFacts, claims: readonly Claim[]): { owner: NetworkOwner; reason: string } {
  if (facts.services.networkManager === 'active') {
    return {
      owner: 'network-manager',
      reason: 'NetworkManager is active, and no file of another program speaks of the uplink',
    };
  }
  const found = claims.find(({ state }) => state === 'inactive') ?? claims[0];
  if (found === undefined) return { owner: 'none', reason: 'no configuration file speaks of the uplink' };
  const known = found.state === 'absent' ? 'not known to be installed' : 'not known to be active';
  return { owner: found.owner, reason: `${found.path} speaks of the uplink, although ${found.title} is ${known}` };
}

/** Every program with a file for the uplink, or for the bridge over it. */
function claimsOf(facts: NetworkFacts): Claim[] {
  const links = ownLinks(facts);
  const { networking, networkd, networkManager, hasIfupdown2 } = facts.services;
  const claims: Claim[] = [];
  const claim = (owner: NetworkOwner, state: ServiceState, title: string, path: string | null) => {
    if (path !== null) claims.push({ owner, state, title, path });
  };
  const unit = networkdFile(facts, links);
  const isGenerated = unit !== null && /\/\d+-netplan-/.test(unit);
  const renderer = networkd === 'active' ? networkd : networkManager;
  claim('netplan', renderer, 'netplan', netplanFile(facts, links) ?? (isGenerated ? unit : null));
  claim('networkd', networkd, 'systemd-networkd', isGenerated ? null : unit);
  const [owner, title] = hasIfupdown2 ? (['ifupdown2', 'ifupdown2'] as const) : (['ifupdown', 'ifupdown'] as const);
  claim(owner, networking, title, interfacesFile(facts, links));
  claim('network-manager', networkManager, 'NetworkManager', connectionFile(facts, links));
  return claims;
}

/** The uplink and the bridge over it; where they are not there under the name a file has, whatever else carries a default route. */
function ownLinks(facts: NetworkFacts): LinkFact[] {
  const parts = { facts, intent: EMPTY_INTENT, host: null, owner: 'none', provider: null } as const;
  const { uplink, outside } = sceneOf(parts);
  const routed = defaultRoutes(facts).map(({ link }: RouteFact) => link);
  return facts.links.filter((link) => link === uplink || link === outside || routed.includes(link.name));
}

function networkdFile(facts: NetworkFacts, links: readonly LinkFact[]): string | null {
  const units = networkdUnits(facts.files, 'network');
  for (const link of links) {
    const found = networkFor(units, link);
    if (found === null) continue;
    // systemd's own samples match whole kinds of links; they claim none that the owner has not named.
    if (!found.unit.path.startsWith('/usr/') || literalNames(entriesOf(found.unit, 'Match')).includes(link.name)) {
      return found.unit.path;
    }
  }
  return null;
}

function netplanFile(facts: NetworkFacts, links: readonly LinkFact[]): string | null {
  return fileThat(facts, /\/netplan\/[^/]+\.ya?ml$/, (text) => links.some((link) => mentions(text, link)));
}

function interfacesFile(facts: NetworkFacts, links: readonly LinkFact[]): string | null {
  const names = links.flatMap(({ name, altNames }) => [name, ...altNames].map(escapeName)).join('|');
  if (names === '') return null;
  const stanza = new RegExp(`^[ \\t]*iface[ \\t]+(${names})(:\\S+)?(\\s|$)`, 'm');
  const path = /^(?!.*\/(netplan|systemd|NetworkManager|cloud|sysctl\.d)\/)/;
  return fileThat(facts, path, (text) => stanza.test(text));
}

function connectionFile(facts: NetworkFacts, links: readonly LinkFact[]): string | null {
  return fileThat(facts, /\/NetworkManager\/system-connections\//, (text) =>
    links.some((link) => mentions(text, link)),
  );
}

function fileThat({ files }: NetworkFacts, path: RegExp, says: (text: string) => boolean): string | null {
  return files.find((file) => path.test(file.path) && says(withoutComments(file.text)))?.path ?? null;
}

function mentions(text: string, { name, altNames, mac, permanentMac }: LinkFact): boolean {
  const words = [name, ...altNames, mac, permanentMac].filter((word) => word !== null);
  return words.some((word) => new RegExp(`(^|[^\\w.-])${escapeName(word)}($|[^\\w.-])`, 'im').test(text));
}

function withoutComments(text: string): string {
  return text.replace(/^[ \t]*#.*$/gm, '');
}

function escapeName(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
