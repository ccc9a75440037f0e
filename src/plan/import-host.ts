import type { Ipv4Address, MacAddress } from '../base/address.ts';
import { LodgeError } from '../base/errors.ts';
import type { HostConfig, HostIpv4, ProviderId } from '../model/host-config.ts';
import type { ImportReason } from '../model/host-import.ts';
import type { LinkFact, NetworkFacts } from '../model/network-facts.ts';
import type { Finding } from '../model/network-finding.ts';
import type { NetworkIntent } from '../model/network-intent.ts';
import type { Provider } from '../model/provider.ts';
import { PROVIDERS } from '../model/providers/providers.ts';
import { covers, isPrivate, prefixOf } from './address-reach.ts';
import { importExtraIpv4 } from './import-extra-ipv4.ts';
import { importIpv6 } from './import-ipv6.ts';
import { defaultRoutes, globalAddresses, type NetworkScene, sceneOf } from './network-scene.ts';
import { guessProvider, type ProviderGuess } from './provider-guess.ts';

export interface ImportedHost {
  config: HostConfig;
  /** In the order of the file. */
  reasons: ImportReason[];
  findings: Finding[];
  notUnderstood: NetworkIntent['notUnderstood'];
}

/** What is gathered on the way. */
export interface Import {
  /** What host.yaml says already: the owner's word, where the host itself does not tell. */
  owners: HostConfig | null;
  scene: NetworkScene;
  provider: Provider;
  uplink: LinkFact;
  /** Where the host's addresses are: the bridge over the uplink, else the uplink. */
  outside: LinkFact;
  because(path: string, reason: string): void;
  find(finding: Finding): void;
}

/**
 * What the provider gave this host, told from what runs and what its files say. Everything that is a guess has its reason. Where the host
 * does not tell, and where it is the owner who has to know, what he wrote decides.
 *
 * @param owners what host.yaml says already
 * @throws PLAN_REFUSED where no link leads to the provider, or it has no MAC address
 */
export function importHost(facts: NetworkFacts, intent: NetworkIntent, owners: HostConfig | null = null): ImportedHost {
  const reasons: ImportReason[] = [];
  const findings: Finding[] = [];
  const because = (path: string, reason: string) => void reasons.push({ path, reason });
  const find = (finding: Finding) => void findings.push(finding);
  const guess = guessProvider(facts, intent);
  const named = owners === null || owners.provider === 'generic' ? null : owners.provider;
  const provider = PROVIDERS[named ?? guess.provider];
  because('provider', named === null ? guess.reasons.join('; ') : 'host.yaml says so');
  const scene = sceneOf({ facts, intent, host: owners, owner: 'none', provider });
  const { uplink, outside } = scene;
  if (uplink === null || outside === null || uplink.mac === null) throw noUplink(scene);
  const work: Import = { owners, scene, provider, uplink, outside, because, find };
  const mac = importMac(work);
  const { ipv4, own } = importIpv4(work);
  const ipv6 = importIpv6(work);
  const extraIpv4 = importExtraIpv4(work, ipv4, own);
  findSecondUplink(work);
  const config: HostConfig = {
    version: 1,
    provider: provider.id,
    uplink: { name: uplink.name, mac },
    ipv4,
    ipv6,
    extraIpv4,
  };
  if (provider.id === 'generic') find(unknownProvider(guess.others.map(({ provider }) => provider)));
  if (named !== null && guess.provider !== 'generic' && guess.provider !== named) find(otherProvider(named, guess));
  return { config, reasons, findings, notUnderstood: intent.notUnderstood };
}

function noUplink({ facts, uplink }: NetworkScene): LodgeError {
  if (uplink !== null) return new LodgeError('PLAN_REFUSED', `the uplink ${uplink.name} has no MAC address`);
  const names = facts.links.map(({ name }) => name).filter((name) => name !== 'lo');
  const there = names.length === 0 ? 'there is no link but lo' : `there are ${names.join(', ')}`;
  return new LodgeError('PLAN_REFUSED', `no link leads to the provider: there is no default route (${there})`, {
    hint: 'bring the network up, or write /etc/lodge/host.yaml by hand; then: lodge net import',
  });
}

function importMac({ owners, scene, uplink, outside, because, find }: Import): MacAddress {
  const through = outside === uplink ? '' : `, a port of ${outside.name}`;
  const isNamed = isOwnersUplink(owners, uplink);
  const isRouted = defaultRoutes(scene.facts).some(({ link }) => link === outside.name);
  because(
    'uplink.name',
    isNamed
      ? `host.yaml says so${through}`
      : isRouted
        ? `the default route leads to ${outside.name}${outside === uplink ? '' : `, and its way out is ${uplink.name}${through}`}`
        : `it is the only hardware with an address; there is no default route`,
  );
  const mac = uplink.mac as MacAddress;
  const { permanentMac } = uplink;
  const known = isNamed ? owners?.uplink.mac : undefined;
  if (permanentMac !== null && permanentMac !== mac && (known === mac || known === permanentMac)) {
    because(
      'uplink.mac',
      `host.yaml says so; ${permanentMac} is burnt into ${uplink.name}, and it is set to ${mac} now`,
    );
    return known;
  }
  if (permanentMac === null)
    because('uplink.mac', `the MAC address of ${uplink.name} now; its driver tells no burnt-in one`);
  else if (permanentMac === mac) because('uplink.mac', `the burnt-in MAC address of ${uplink.name}`);
  else {
    because('uplink.mac', `burnt into ${uplink.name}; it is set to ${mac} now`);
    find({
      id: 'uplink-mac-changed',
      level: 'alarm',
      what: `${uplink.name} has the MAC address ${mac}, and ${permanentMac} is burnt in`,
      cause: 'something has set another one: a line in a configuration file, or a bond',
      consequence: 'the provider knows one of the two; if it is the burnt-in one, the switch may shut the port',
      fix: `ask the provider which it knows; for the other: ${mac} in host.yaml, uplink.mac`,
    });
    return permanentMac as MacAddress;
  }
  return mac;
}

/** The address that traffic leaves with, and where it goes first. `own`: it, also where nobody knows its gateway. */
function importIpv4({ owners, scene, outside, because, find }: Import): { ipv4: HostIpv4 | null; own: string | null } {
  const { facts } = scene;
  const route = defaultRoutes(facts, 'ipv4').find(({ link }) => link === outside.name);
  const own = globalAddresses(facts, outside.name).filter(({ family }) => family === 'ipv4');
  const reaches = ({ address, prefixLength, peer }: (typeof own)[number]) =>
    route?.via !== undefined &&
    route.via !== null &&
    (peer === route.via || covers(prefixOf(address, prefixLength), route.via));
  const main = own.find(({ address }) => address === route?.source) ?? own.find(reaches) ?? own[0];
  if (main === undefined) {
    because('ipv4', `${outside.name} has no IPv4 address`);
    return { ipv4: null, own: null };
  }
  const gateway = route?.via ?? main.peer;
  if (gateway === null && owners?.ipv4?.address === main.address) {
    because('ipv4', `host.yaml says so; no default route names a gateway now`);
    return { ipv4: owners.ipv4, own: main.address };
  }
  if (gateway === null) {
    because('ipv4', `${main.address} is on ${outside.name}, but no default route names a gateway`);
    find(withoutGateway(main.address, outside.name));
    return { ipv4: null, own: main.address };
  }
  const how = main.isDynamic ? ' (by DHCP)' : '';
  because(
    'ipv4.address',
    `it is on ${outside.name}${how}${main.address === route?.source ? ', and the default route names it as the source' : ''}`,
  );
  const isReached = main.peer === null && covers(prefixOf(main.address, main.prefixLength), gateway);
  const alone = main.peer === null ? `${gateway} is outside of its network` : `${main.peer} is its peer`;
  because('ipv4.prefixLength', isReached ? 'as it is configured' : `an address alone: ${alone}`);
  because('ipv4.gateway', route?.via === gateway ? 'the default route leads to it' : `the peer of the address`);
  if (isPrivate(main.address)) find(privateAddress(main.address));
  const ipv4 = {
    address: main.address as Ipv4Address,
    prefixLength: isReached ? main.prefixLength : 32,
    gateway: gateway as Ipv4Address,
  };
  return { ipv4, own: main.address };
}

function withoutGateway(address: string, link: string): Finding {
  return {
    id: 'ipv4-without-gateway',
    level: 'surprise',
    what: `${address} is on ${link}, and there is no way out for IPv4`,
    cause: 'the gateway is missing in the configuration, or its route was taken away',
    consequence: 'host.yaml says that the host has no IPv4, and no address of it is planned with',
    fix: 'configure the gateway, then lodge net import; or write ipv4: into host.yaml by hand',
  };
}

function isOwnersUplink(owners: HostConfig | null, { name, altNames }: LinkFact): boolean {
  return owners !== null && [name, ...altNames].includes(owners.uplink.name);
}

/** Two ways out over two links: which one is the provider's cannot be seen from here. */
function findSecondUplink({ owners, scene, uplink, outside, find }: Import): void {
  if (isOwnersUplink(owners, uplink)) return;
  const others = defaultRoutes(scene.facts).filter(({ link }) => link !== null && link !== outside.name);
  const [other] = others;
  if (other === undefined) return;
  find({
    id: 'second-uplink',
    level: 'surprise',
    what: `a default route leads to ${other.link} too`,
    cause: `${uplink.name} was taken because its route has the lower metric, or IPv4`,
    consequence: 'Lodge plans for one uplink; traffic over the other one is not looked at',
    fix: `if ${other.link} is the uplink: write its name and MAC into host.yaml`,
  });
}

function privateAddress(address: string): Finding {
  return {
    id: 'main-address-private',
    level: 'surprise',
    what: `the main address ${address} is not a public one`,
    cause: 'the host is behind a translation of addresses, or this is not the link to the provider',
    consequence: 'guests cannot have public IPv4 addresses through it unless the provider routes some to it',
    fix: null,
  };
}

/** The signs may be wrong, and the owner knows whom he pays. */
export function otherProvider(
  named: ProviderId,
  { provider, reasons }: Pick<ProviderGuess, 'provider' | 'reasons'>,
): Finding {
  return {
    id: 'provider-doubtful',
    level: 'surprise',
    what: `host.yaml says provider: ${named}, and the host looks like one of ${PROVIDERS[provider].title}`,
    cause: reasons.join('; '),
    consequence: `what host.yaml says is believed: plans and proofs go by the rules of ${PROVIDERS[named].title}`,
    fix: `where the signs are right: write provider: ${provider} into host.yaml, then lodge net import --replace`,
  };
}

function unknownProvider(others: readonly string[]): Finding {
  const could = others.length === 0 ? '' : ` (could be ${others.join(' or ')})`;
  return {
    id: 'provider-unknown',
    level: 'note',
    what: `the provider is not known${could}`,
    cause: 'no sign of a provider that Lodge knows, or signs of several',
    consequence: 'the careful way is taken everywhere, and proofs try every behaviour of the router',
    fix: 'provider: in host.yaml, when it is one of hetzner, ovh, scaleway-dedibox',
  };
}
