import { assertNever } from '../base/assert-never.ts';
import type { ProviderId } from '../model/host-config.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { NetworkIntent } from '../model/network-intent.ts';
import type { Provider, ProviderSign } from '../model/provider.ts';
import { PROVIDERS } from '../model/providers/providers.ts';
import { defaultRoutes } from './network-scene.ts';

export interface ProviderGuess {
  provider: ProviderId;
  /** In words; for `generic` why it is nobody's. */
  reasons: string[];
  /** Who else it could be, with what speaks for it; the likeliest first. */
  others: { provider: ProviderId; reasons: string[] }[];
}

/** What the signs have to weigh before a provider is named: one strong sign, never a gateway's last number alone. */
const ENOUGH = 3;

/** Takes the host for the provider's whose signs weigh most. A guess: host.yaml says it with its reasons, and the owner may differ. */
export function guessProvider(facts: NetworkFacts, intent: NetworkIntent): ProviderGuess {
  const traces = tracesOf(facts, intent);
  const scored = Object.values(PROVIDERS)
    .map((provider) => score(provider, traces))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const [first, second] = scored;
  const strip = (some: typeof scored) => some.map(({ provider, reasons }) => ({ provider, reasons }));
  if (first === undefined || first.weight < ENOUGH) {
    const seen = first === undefined ? 'nothing' : `too little (${first.reasons.join('; ')})`;
    return { provider: 'generic', reasons: [`${seen} tells whose server it is`], others: strip(scored) };
  }
  if (second?.weight === first.weight) {
    const reason = `as much speaks for ${first.provider} as for ${second.provider}`;
    return { provider: 'generic', reasons: [reason], others: strip(scored) };
  }
  return { provider: first.provider, reasons: first.reasons, others: strip(scored.slice(1)) };
}

/** The places where signs can be. */
interface Traces {
  gateways: string[];
  prefixLengths: number[];
  nameservers: Set<string>;
  texts: string[];
}

function tracesOf(facts: NetworkFacts, intent: NetworkIntent): Traces {
  const declared = intent.routes.filter(({ destination }) => destination === 'default');
  const routes = defaultRoutes(facts);
  const uplinks = new Set(routes.map(({ link }) => link));
  const texts = [facts.hostname, ...facts.files.map(({ text }) => text)];
  const words = texts.flatMap((text) => text.match(/[0-9a-fA-F:.]{7,}/g) ?? []);
  return {
    gateways: [...routes, ...declared].flatMap(({ via }) => via ?? []),
    prefixLengths: facts.addresses
      .filter(({ link, family, scope }) => uplinks.has(link) && family === 'ipv4' && scope === 'global')
      .map(({ prefixLength }) => prefixLength),
    nameservers: new Set(words.map((word) => word.toLowerCase())),
    texts,
  };
}

function score({ id, signs }: Provider, traces: Traces) {
  const met = signs.filter((sign) => isMet(sign, traces));
  const reasons = [...new Set(met.map(({ reason }) => reason))];
  return { provider: id, reasons, weight: met.reduce((sum, { weight }) => sum + weight, 0) };
}

function isMet(sign: ProviderSign, { gateways, prefixLengths, nameservers, texts }: Traces): boolean {
  switch (sign.kind) {
    case 'ipv4-gateway':
    case 'ipv6-gateway':
      return gateways.includes(sign.value);
    case 'ipv4-gateway-suffix':
      return gateways.some((gateway) => gateway.includes('.') && gateway.endsWith(sign.value));
    case 'ipv6-gateway-suffix':
      return gateways.some((gateway) => gateway.includes(':') && gateway.endsWith(sign.value));
    case 'ipv4-prefix-length':
      return prefixLengths.includes(sign.value);
    case 'nameserver':
      return nameservers.has(sign.value);
    case 'file-text':
      return texts.some((text) => text.includes(sign.value));
    default:
      return assertNever(sign);
  }
}
