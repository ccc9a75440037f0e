import type { IntentLink } from '../model/network-intent.ts';
import { isYes } from './interfaces-commands.ts';
import type { EffectiveOption, EffectiveStanza } from './interfaces-inherit.ts';
import { hyphened } from './interfaces-options.ts';
import type { InterfacesLink } from './interfaces-query.ts';

/** Stanzas of one link, its aliases (`eth0:1`) among them. */
export interface LinkStanzas {
  name: string;
  stanzas: EffectiveStanza[];
  isAutomatic: boolean;
}

/** A link as its stanzas' options make it; what commands do to it comes after. One that nobody brings up takes no ports. */
export function readLink({ name, stanzas, isAutomatic }: LinkStanzas, links: readonly InterfacesLink[]): IntentLink {
  const said = (option: string) => optionsOf(stanzas, option).at(-1)?.value ?? null;
  const mtu = said('mtu');
  const forwardDelay = said('bridge-fd');
  const stp = said('bridge-stp');
  const [first] = stanzas;
  return {
    name,
    kind: kindOf(name, stanzas),
    isAutomatic,
    mac: macOf(said('bridge-hw') ?? said('hwaddress') ?? null, links),
    mtu: mtu !== null && /^\d+$/.test(mtu) ? Number(mtu) : null,
    ports: isAutomatic ? [...bridgePorts(stanzas, links).ports, ...bondPorts(stanzas)] : [],
    stp: stp === null ? null : isYes(stp),
    forwardDelaySec: forwardDelay === null || Number.isNaN(Number(forwardDelay)) ? null : Number(forwardDelay),
    spot: first?.spot ?? { path: '', line: 0 },
  };
}

/** What a stanza's options and its name make of a link. */
export function kindOf(name: string, stanzas: readonly EffectiveStanza[]): IntentLink['kind'] {
  const has = (option: string) => optionsOf(stanzas, option).length > 0;
  if (name === 'lo' || stanzas.some(({ method }) => method === 'loopback')) return 'loopback';
  if (has('bridge-ports') || has('bridge-vlan-aware')) return 'bridge';
  if (has('bond-slaves') || has('bond-mode') || has('slaves')) return 'bond';
  if (has('ovs-type') || stanzas.some(({ method }) => /^(tunnel|v4tunnel|6to4|ppp|wvdial)$/.test(method ?? ''))) {
    return 'other';
  }
  if (has('vlan-raw-device') || /^.+\.\d+$/.test(name) || /^vlan\d+$/.test(name)) return 'vlan';
  if (/^dummy\d+$/.test(name) || optionsOf(stanzas, 'link-type').some(({ value }) => value === 'dummy')) return 'dummy';
  return has('tunnel-mode') || has('vxlan-id') || has('vrf-table') ? 'other' : 'physical';
}

/** A MAC in its usual form; of a link's name that link's MAC, or the name where nobody knows it (`bridge_hw eth0`). */
function macOf(text: string | null, links: readonly InterfacesLink[]): string | null {
  const plain = text?.replace(/^(ether|ax25|ARCnet|netrom) /i, '') ?? null;
  if (plain === null || plain === 'random') return null;
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(plain)) return plain.toLowerCase();
  return links.find(({ name }) => name === plain)?.mac ?? plain;
}

/**
 * The ports a bridge's options name, as bridge-utils reads them: `none`, names, `regex eth.* noregex wlan0`, `all`. `unresolved` are
 * the expressions that only the links of a running host decide.
 */
export function bridgePorts(
  stanzas: readonly EffectiveStanza[],
  links: readonly InterfacesLink[],
): { ports: string[]; unresolved: EffectiveOption['parts'] } {
  const ports: string[] = [];
  const unresolved: EffectiveOption['parts'] = [];
  for (const part of optionsOf(stanzas, 'bridge-ports')) {
    let isExpression = false;
    const words = part.value.split(/\s+/).flatMap((word) => {
      // bridge-utils.sh: what `all` stands for.
      return word === 'all' ? ['regex', 'eth.*', 'em.*', 'en.*', 'p[0-9].*', 'noregex'] : [word];
    });
    for (const word of words) {
      if (word === 'regex' || word === 'noregex') isExpression = word === 'regex';
      else if (isExpression) {
        ports.push(...links.map(({ name }) => name).filter((name) => isMatch(word, name)));
        if (links.length === 0) unresolved.push(part);
      } else if (word !== 'none' && word !== '') ports.push(word);
    }
  }
  return { ports: [...new Set(ports)], unresolved: [...new Set(unresolved)] };
}

function isMatch(expression: string, name: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`).test(name);
  } catch {
    return false;
  }
}

function bondPorts(stanzas: readonly EffectiveStanza[]): string[] {
  const words = [...optionsOf(stanzas, 'bond-slaves'), ...optionsOf(stanzas, 'slaves')].flatMap(({ value }) =>
    value.split(/\s+/),
  );
  return words.filter((word) => word !== 'none' && word !== '');
}

/** The values of an option in all stanzas, however its name is spelt. */
export function optionsOf(stanzas: readonly EffectiveStanza[], name: string): EffectiveOption['parts'] {
  return stanzas.flatMap(({ options }) =>
    options.filter((option) => hyphened(option.name) === name).flatMap(({ parts }) => parts),
  );
}
