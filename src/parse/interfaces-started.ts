import type { EffectiveStanza, InterfacesReading } from './interfaces-inherit.ts';
import { bridgePorts, kindOf, optionsOf } from './interfaces-links.ts';
import type { InterfacesDialect } from './interfaces-problems.ts';
import { expandNames, type InterfacesLink } from './interfaces-query.ts';
import { splitShellLine } from './shell-words.ts';

/** What somebody brings up at boot. */
export interface Started {
  /** The names that are brought up: `eth0`, `eth0:1`, and the links that a pattern stands for. */
  names: ReadonlySet<string>;
  /** `auto eth0=home`: the links that a stanza is taken for. */
  logical: ReadonlyMap<string, readonly string[]>;
}

/**
 * Which stanzas are brought up without anybody's hand: those of `auto` by `ifup -a`, those of `allow-hotplug` by udev when their link
 * appears, and what those bring up in turn. A stanza that none of them names does nothing at a boot.
 */
export function startedAtBoot(
  reading: InterfacesReading,
  dialect: InterfacesDialect,
  links: readonly InterfacesLink[],
): Started {
  const auto = pairsOf(expandNames(plainIn(dialect, reading.classes.get('auto') ?? []), links));
  const hotplug = pairsOf(expandNames(reading.classes.get('hotplug') ?? [], links));
  // udev tells of links that are there. Of one that only ifup makes it tells when it is up already.
  const bySaidName = stanzasByName(reading, new Map());
  const appearing = hotplug.filter(
    ({ name }) => isMadeByNobody(name, bySaidName.get(name) ?? []) && !isOtherName(name, links),
  );
  const logical = new Map<string, string[]>();
  for (const { name, stanza } of [...auto, ...hotplug]) {
    if (stanza !== null) append(logical, stanza, name);
  }
  // Open vSwitch's own unit brings its class up.
  const ofSwitch = expandNames(reading.classes.get('ovs') ?? [], links);
  const names = new Set([...[...auto, ...appearing].map(({ name }) => name), ...ofSwitch]);
  // ifupdown2 looks for links by the kernel's names.
  if (dialect === 'ifupdown2')
    for (const name of names) if (isOtherName(name.split(':')[0] ?? name, links)) names.delete(name);
  const stanzas = stanzasByName(reading, logical);
  const aliases = dialect === 'ifupdown2' ? aliasesByLink(reading) : new Map<string, string[]>();
  // A set grows while it is walked through.
  for (const name of names) {
    const own = stanzas.get(name) ?? [];
    const below = dialect === 'ifupdown2' ? standsOn(name, own, links) : [];
    for (const next of [...broughtUpBy(name, own, reading, links), ...below, ...(aliases.get(name) ?? [])])
      names.add(next);
  }
  return { names, logical };
}

/** Patterns by a link's properties and `eth0=office` are ifupdown's alone. */
function plainIn(dialect: InterfacesDialect, names: readonly string[]): string[] {
  return names.filter((name) => dialect === 'ifupdown' || !/[/=]/.test(name));
}

function pairsOf(targets: readonly string[]): { name: string; stanza: string | null }[] {
  return targets.map((target) => {
    const [name = '', stanza] = target.split('=');
    return { name, stanza: stanza ?? null };
  });
}

function stanzasByName(
  { stanzas }: InterfacesReading,
  logical: Started['logical'],
): ReadonlyMap<string, EffectiveStanza[]> {
  const byName = new Map<string, EffectiveStanza[]>();
  for (const stanza of stanzas) {
    for (const name of new Set([stanza.name, ...(logical.get(stanza.name) ?? [])])) {
      append(byName, name, stanza);
    }
  }
  return byName;
}

/** Of ifupdown2, for which aliases are of the link itself. */
function aliasesByLink({ stanzas }: InterfacesReading): ReadonlyMap<string, string[]> {
  const byLink = new Map<string, string[]>();
  for (const { name } of stanzas) {
    const [link = ''] = name.split(':');
    if (link !== name) append(byLink, link, name);
  }
  return byLink;
}

function isMadeByNobody(name: string, own: readonly EffectiveStanza[]): boolean {
  return kindOf(name, own) === 'physical' && !name.includes(':');
}

/** udev says the kernel's name of a link, never another one. */
function isOtherName(name: string, links: readonly InterfacesLink[]): boolean {
  return !links.some((link) => link.name === name) && links.some(({ altNames }) => altNames?.includes(name));
}

function broughtUpBy(
  name: string,
  stanzas: readonly EffectiveStanza[],
  { classes }: InterfacesReading,
  links: readonly InterfacesLink[],
): string[] {
  const commands = stanzas.flatMap((stanza) =>
    stanza.options
      .filter((option) => option.name === 'pre-up' || option.name === 'up')
      .flatMap(({ parts }) => parts)
      .flatMap(({ value }) => ifupTargets(value, name)),
  );
  // ifenslave and Open vSwitch: `allow-bond0 eth1` is brought up by bond0, and a port brings its bond up.
  const ofClass = expandNames(classes.get(name) ?? [], links);
  const bonds = optionsOf(stanzas, 'bond-master').map(({ value }) => value);
  return [...commands, ...ofClass, ...bonds];
}

/** ifupdown2 brings up what a link stands on. */
function standsOn(name: string, stanzas: readonly EffectiveStanza[], links: readonly InterfacesLink[]): string[] {
  const words = [...optionsOf(stanzas, 'bond-slaves'), ...optionsOf(stanzas, 'vlan-raw-device')].flatMap(({ value }) =>
    value.split(/\s+/),
  );
  const parent = /^(.+)\.\d+$/.exec(name)?.[1] ?? [];
  return [...bridgePorts(stanzas, links).ports, ...words, parent].flat();
}

/** `ifup -v eth1 && …` -> `eth1` */
function ifupTargets(text: string, iface: string): string[] {
  const commands = splitShellLine(text, { IFACE: iface, LOGICAL: iface }) ?? [];
  return commands.flatMap(({ words: [program = '', ...args] }) => {
    if (!/(^|\/)ifup$/.test(program)) return [];
    return args.filter((word) => !word.startsWith('-')).map((word) => word.split('=')[0] ?? word);
  });
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
