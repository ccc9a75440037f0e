import type { AddressFact, Family, LinkFact, NetworkFacts, RouteFact } from '../../src/model/network-facts.ts';
import { addressFact, linkFact, proxyFact, routeFact } from './network-sample.ts';

/**
 * What a command of a fix makes of a network, as the kernel does it. Of systemctl and apt-get it is the state after the next boot.
 *
 * @throws of a command that the kernel would refuse, or that is not known here
 */
export function applyCommand(facts: NetworkFacts, command: string): NetworkFacts {
  const words = wordsOf(command);
  const [program = '', ...rest] = words;
  switch (program) {
    case 'ip':
      return ip(facts, rest);
    case 'sysctl':
      return { ...facts, sysctls: { ...facts.sysctls, ...settings(facts, rest.slice(1)) } };
    case 'bridge':
      return withoutEntry(facts, rest);
    case 'printf':
      return written(facts, rest);
    case 'systemctl':
      return switched(facts, rest);
    case 'apt-get':
      return { ...facts, services: { ...facts.services, networking: 'active' } };
    default:
      throw new Error(`what is ${command}?`);
  }
}

function wordsOf(command: string): string[] {
  return (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

function ip(facts: NetworkFacts, words: readonly string[]): NetworkFacts {
  const family: Family = words[0] === '-6' ? 'ipv6' : 'ipv4';
  const [object = '', verb = '', ...rest] = words.filter((word) => !/^-[46]$/.test(word));
  if (object === 'address') return address(facts, verb, rest);
  if (object === 'route') return route(facts, family, verb, rest);
  if (object === 'link') return link(facts, verb, rest);
  if (object === 'neighbour' && verb === 'replace' && rest[0] === 'proxy') {
    const entry = proxyFact(after(rest, 'dev'), after(rest, 'proxy'));
    return { ...facts, neighbours: [...facts.neighbours, entry] };
  }
  throw new Error(`what is ip ${words.join(' ')}?`);
}

/** `192.0.2.2/26 dev eth0` or `192.0.2.2 peer 192.0.2.1/32 dev eth0` */
function address(facts: NetworkFacts, verb: string, words: readonly string[]): NetworkFacts {
  const [own = ''] = words;
  const far = words[1] === 'peer' ? (words[2] ?? '') : null;
  const [text, peer] = far === null ? [own, null] : [`${own}/${far.split('/')[1]}`, far.split('/')[0] ?? null];
  const made = addressFact(after(words, 'dev'), text, { peer });
  const isIt = (one: AddressFact) =>
    one.link === made.link && one.address === made.address && one.prefixLength === made.prefixLength;
  const there = facts.addresses.filter(isIt);
  if (verb === 'add' && there.some((one) => one.peer === made.peer)) throw new Error(`File exists: ${text}`);
  if (verb === 'delete') {
    if (there.length === 0) throw new Error(`Cannot assign requested address: ${text}`);
    return { ...facts, addresses: facts.addresses.filter((one) => !isIt(one)) };
  }
  const kept = facts.addresses.filter((one) => !(isIt(one) && one.peer === made.peer));
  return { ...facts, addresses: [...kept, made] };
}

function route(facts: NetworkFacts, family: Family, verb: string, words: readonly string[]): NetworkFacts {
  const type = words[0] === 'unreachable' ? 'unreachable' : 'unicast';
  const [destination = ''] = type === 'unicast' ? words : words.slice(1);
  const metric = after(words, 'metric') === '' ? null : Number(after(words, 'metric'));
  const made = routeFact(destination, {
    ...{ family, type, metric, table: after(words, 'table') || 'main', isOnLink: words.includes('onlink') },
    via: after(words, 'via') || null,
    link: after(words, 'dev') || null,
  });
  const weight = (one: RouteFact) => one.metric ?? (family === 'ipv6' ? 1024 : 0);
  const goesThere = (one: RouteFact) =>
    one.family === family && one.table === made.table && one.destination === made.destination;
  const at = facts.routes.findIndex((one) =>
    verb === 'delete'
      ? goesThere(one) && one.via === made.via && one.link === made.link && [null, weight(one)].includes(metric)
      : goesThere(one) && weight(one) === weight(made),
  );
  switch (verb) {
    case 'delete':
      if (at < 0) throw new Error(`No such process: ${words.join(' ')}`);
      return { ...facts, routes: facts.routes.toSpliced(at, 1) };
    case 'replace':
      return { ...facts, routes: at < 0 ? [...facts.routes, made] : facts.routes.toSpliced(at, 1, made) };
    case 'prepend':
      return { ...facts, routes: [made, ...facts.routes] };
    default:
      if (at >= 0) throw new Error(`File exists: ${words.join(' ')}`);
      return { ...facts, routes: [...facts.routes, made] };
  }
}

function link(facts: NetworkFacts, verb: string, words: readonly string[]): NetworkFacts {
  const rest = words[0] === 'dev' ? words.slice(1) : words;
  const [name = '', ...set] = rest;
  if (verb === 'add') {
    if (name.length > 15) throw new Error(`"name" too long: ${name}`);
    const index = Math.max(...facts.links.map((one) => one.index)) + 1;
    return { ...facts, links: [...facts.links, linkFact(name, { index, kind: after(rest, 'type') })] };
  }
  const changed: Partial<LinkFact> = {};
  if (set.includes('address')) changed.mac = after(set, 'address');
  if (set.includes('mtu')) changed.mtu = Number(after(set, 'mtu'));
  if (set.includes('addrgenmode')) changed.addrGenMode = after(set, 'addrgenmode');
  if (set.includes('nomaster')) Object.assign(changed, { master: null, bridgePort: null });
  if (set.includes('master')) changed.master = after(set, 'master');
  const { bridge } = facts.links.find((one) => one.name === name) ?? {};
  if (bridge != null && set.includes('stp_state')) changed.bridge = { ...bridge, stp: after(set, 'stp_state') !== '0' };
  if (bridge != null && set.includes('forward_delay')) {
    // br_set_forward_delay: two seconds at least, while the tree is on.
    if (bridge.stp) throw new Error('Numerical result out of range');
    changed.bridge = { ...bridge, forwardDelayMs: Number(after(set, 'forward_delay')) * 10 };
  }
  if (!facts.links.some((one) => one.name === name)) throw new Error(`Cannot find device "${name}"`);
  const links = facts.links.map((one) => (one.name === name ? { ...one, ...changed } : one));
  const isLost = ({ port }: { port: string }) => set.includes('nomaster') && port === name;
  return { ...facts, links, forwardingDatabase: facts.forwardingDatabase.filter((entry) => !isLost(entry)) };
}

/** `net.ipv4.conf.eth0.arp_ignore=1`, or with slashes where a name has a dot in it. */
function settings(facts: NetworkFacts, words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [key = '', value = ''] = word.split('=');
      const path = key.includes('/') ? key : key.replaceAll('.', '/');
      const [, name] = /^net\/ipv[46]\/conf\/([^/]+)\//.exec(path) ?? [];
      if (name !== undefined && !['all', 'default', ...facts.links.map((one) => one.name)].includes(name))
        throw new Error(`cannot stat /proc/sys/${path}`);
      return [path, value];
    }),
  );
}

/** `fdb delete MAC dev PORT master` */
function withoutEntry(facts: NetworkFacts, words: readonly string[]): NetworkFacts {
  const isIt = (one: NetworkFacts['forwardingDatabase'][number]) =>
    one.mac === after(words, 'delete') && one.port === after(words, 'dev');
  if (!facts.forwardingDatabase.some(isIt)) throw new Error('No such file or directory');
  return { ...facts, forwardingDatabase: facts.forwardingDatabase.filter((one) => !isIt(one)) };
}

/** `printf '%s\n' LINE… > FILE`, or `>> FILE` */
function written(facts: NetworkFacts, words: readonly string[]): NetworkFacts {
  const [, ...more] = words;
  const at = more.findIndex((word) => word === '>' || word === '>>');
  const path = more[at + 1] ?? '';
  const before = more[at] === '>>' ? (facts.files.find((file) => file.path === path)?.text ?? '') : '';
  const file = { path, text: `${before}${more.slice(0, at).join('\n')}\n`, mode: 0o644 };
  return { ...facts, files: [...facts.files.filter((one) => one.path !== path), file] };
}

const SERVICES = {
  'networking.service': 'networking',
  'systemd-networkd.service': 'networkd',
  'NetworkManager.service': 'networkManager',
} as const;

function switched(facts: NetworkFacts, [verb, ...units]: readonly string[]): NetworkFacts {
  const services = { ...facts.services };
  for (const unit of units) {
    const service = SERVICES[unit as keyof typeof SERVICES];
    if (service === undefined) throw new Error(`what is ${unit}?`);
    services[service] = verb === 'enable' ? 'active' : 'inactive';
  }
  return { ...facts, services };
}

/** The word behind another, '' where it is not there. */
function after(words: readonly string[], key: string): string {
  const at = words.indexOf(key);
  return at < 0 ? '' : (words[at + 1] ?? '');
}
