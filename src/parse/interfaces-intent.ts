import type { InterfacesDocument } from '../model/interfaces-document.ts';
import { type NetworkIntent, newIntent } from '../model/network-intent.ts';
import { type EffectiveStanza, type InterfacesReading, readInterfaces } from './interfaces-inherit.ts';
import { bridgePorts, type LinkStanzas, optionsOf, readLink } from './interfaces-links.ts';
import type { InterfacesDialect } from './interfaces-problems.ts';
import { expandNames, type InterfacesLink } from './interfaces-query.ts';
import { readStanza, type Stops } from './interfaces-run.ts';
import { type Started, startedAtBoot } from './interfaces-started.ts';
import { byKernelNames, kernelName } from './link-names.ts';

/**
 * What a document says the network shall be. Text that is wrong, or that Lodge does not follow, is named and does not hinder the rest.
 *
 * @param dialect who reads the files: ifupdown2 takes several addresses in a stanza, and stanzas without a family
 * @param links of the host, where they are known: patterns and regular expressions stand for them, and names for their MACs
 */
export function intentOfInterfaces(
  document: InterfacesDocument,
  { dialect = 'ifupdown', links = [] }: { dialect?: InterfacesDialect; links?: readonly InterfacesLink[] } = {},
): NetworkIntent {
  const reading = readInterfaces(document, 'tolerant');
  const intent = newIntent();
  for (const { spot, text, rule, refusedBy } of reading.problems) {
    if (refusedBy.includes(dialect)) intent.notUnderstood.push({ spot, text, why: rule });
  }
  const read = readByDialect(document, reading, dialect);
  const groups = groupByLink(reading, read, startedAtBoot(read, dialect, links), links, intent);
  intent.links = groups.map((group) => readLink(group, links));
  const byHand = newIntent();
  const stops: Stops = new Map();
  for (const { stanza, link } of inOrderOfStart(groups, dialect)) readStanza(stanza, link, dialect, intent, stops);
  for (const { name, stanzas, isAutomatic, idle } of groups) {
    if (!isAutomatic) for (const stanza of stanzas) readStanza(stanza, name, dialect, byHand, stops);
    // Nobody has come to where they would stop.
    for (const stanza of idle) readStanza(stanza, name, dialect, byHand, new Map());
  }
  addBondPorts(groups, intent);
  dropNamedOtherwise(groups, links, intent);
  if (dialect === 'ifupdown2') bareThePorts(reading, links, intent);
  for (const { spot, value } of bridgePorts(reading.stanzas, links).unresolved) {
    const why = 'which links these are is decided when the bridge comes up';
    intent.notUnderstood.push({ spot, text: `bridge_ports ${value}`, why });
  }
  const { addresses, routes, dynamic } = byHand;
  // Where ifupdown refuses the files there is nothing that a name would bring up.
  const stanzas = groups.flatMap((group) =>
    (group.isAutomatic ? group.idle : group.stanzas)
      .filter(({ node }) => read.stanzas.some((one) => one.node === node))
      .map(({ name, spot }) => ({ name, link: group.name, spot })),
  );
  const notUnderstood = inOrder(document, [...intent.notUnderstood, ...byHand.notUnderstood]);
  return byKernelNames({ ...intent, byHand: { addresses, routes, dynamic, stanzas }, notUnderstood }, links);
}

/**
 * What of a document its reader gets to see. ifupdown leaves out what stands behind a mistake in a sourced file, and with one in the first
 * file everything.
 */
function readByDialect(
  document: InterfacesDocument,
  tolerant: InterfacesReading,
  dialect: InterfacesDialect,
): InterfacesReading {
  if (dialect !== 'ifupdown' || tolerant.problems.length === 0) return tolerant;
  const strict = readInterfaces(document, 'strict');
  const isRefused = strict.problems.some(({ spot }) => spot.path === document.entry);
  return isRefused ? { ...strict, stanzas: [], classes: new Map() } : strict;
}

interface LinkGroup extends LinkStanzas {
  /** Of each stanza that is brought up: after how many other names. */
  ranks: Map<EffectiveStanza, number>;
  /** Stanzas that stay away although another of the link is brought up: `iface eth0:1` without a word of `auto eth0:1`. */
  idle: EffectiveStanza[];
}

/** Stanzas by the link they configure. Templates and the logical names that mappings choose among are nobody's. */
function groupByLink(
  reading: InterfacesReading,
  read: InterfacesReading,
  { names, logical }: Started,
  links: readonly InterfacesLink[],
  intent: NetworkIntent,
): LinkGroup[] {
  const seen = new Map(read.stanzas.map((stanza) => [stanza.node, stanza]));
  const mapped = namesOfMappings(reading, intent);
  const order = new Map([...names].map((name, index) => [name, index]));
  const groups = new Map<string, LinkGroup>();
  for (const stanza of reading.stanzas) {
    const isListed = [...reading.classes.values()].some((listed) => listed.includes(stanza.name));
    if ((stanza.isTemplate && !isListed) || mapped.has(stanza.name)) continue;
    for (const name of logical.get(stanza.name) ?? [stanza.name]) {
      const base = kernelName(name.split(':')[0] ?? name, links);
      const group: LinkGroup = groups.get(base) ?? {
        name: base,
        stanzas: [],
        isAutomatic: false,
        ranks: new Map(),
        idle: [],
      };
      const known = seen.get(stanza.node);
      const rank = order.get(name);
      if (known !== undefined && rank !== undefined) {
        group.stanzas.push(known);
        group.ranks.set(known, rank);
      } else group.idle.push(stanza);
      groups.set(base, group);
    }
  }
  namePatterns(reading, links, intent);
  return [...groups.values()].map((group) => {
    const isAutomatic = group.stanzas.length > 0;
    return isAutomatic ? { ...group, isAutomatic } : { ...group, stanzas: group.idle, idle: [], isAutomatic };
  });
}

/** As `ifup -a` goes: by the names of the `auto` lines, and below one name by the file. ifupdown2 goes by the file alone. */
function inOrderOfStart(
  groups: readonly LinkGroup[],
  dialect: InterfacesDialect,
): { stanza: EffectiveStanza; link: string }[] {
  const runs = groups.flatMap(({ name, stanzas, isAutomatic, ranks }) =>
    isAutomatic
      ? stanzas.map((stanza) => ({ stanza, link: name, rank: dialect === 'ifupdown' ? (ranks.get(stanza) ?? 0) : 0 }))
      : [],
  );
  return runs.toSorted((a, b) => a.rank - b.rank);
}

function namesOfMappings({ mappings }: InterfacesReading, intent: NetworkIntent): Set<string> {
  const names = new Set<string>();
  for (const { node, spot } of mappings) {
    const why = 'which stanza is taken its script decides when the link comes up';
    intent.notUnderstood.push({ spot, text: node.raw.trim(), why });
    for (const line of node.body) {
      if (line.kind === 'option' && line.name === 'map') names.add(line.value.split(/\s+/).at(-1) ?? '');
    }
  }
  return names;
}

function namePatterns(reading: InterfacesReading, links: readonly InterfacesLink[], intent: NetworkIntent): void {
  for (const { name, spot } of reading.patterns) {
    if (expandNames([name], links).length > 0) continue;
    intent.notUnderstood.push({ spot, text: name, why: 'which links it matches the running host decides' });
  }
  for (const { node, spot } of reading.renames) {
    intent.notUnderstood.push({ spot, text: node.raw.trim(), why: 'links are renamed when they come up' });
  }
}

/** `bond-master bond0` below a port says the same as `bond-slaves` below the bond. */
function addBondPorts(groups: readonly LinkStanzas[], intent: NetworkIntent): void {
  for (const { name, stanzas } of groups) {
    for (const { value } of optionsOf(stanzas, 'bond-master')) {
      const bond = intent.links.find((link) => link.name === value);
      if (bond === undefined) continue;
      bond.kind = 'bond';
      if (!bond.ports.includes(name)) bond.ports.push(name);
    }
  }
}

/** ifupdown2 gives a link that any bridge's stanza names as its port no address, also where nobody brings that bridge up. */
function bareThePorts(reading: InterfacesReading, links: readonly InterfacesLink[], intent: NetworkIntent): void {
  const ports = new Set(bridgePorts(reading.stanzas, links).ports);
  const why = 'ifupdown2 gives no address to a link that is named as the port of a bridge';
  for (const { link, address, prefixLength, spot } of intent.addresses) {
    if (ports.has(link)) intent.notUnderstood.push({ spot, text: `address ${address}/${prefixLength}`, why });
  }
  intent.addresses = intent.addresses.filter(({ link }) => !ports.has(link));
  // Without an address it has no way to a gateway either.
  intent.routes = intent.routes.filter(({ context, form }) => form !== 'gateway' || !ports.has(context));
}

/** bridge-utils and ifupdown2 look for ports by the kernel's names and no others. */
function dropNamedOtherwise(
  groups: readonly LinkStanzas[],
  links: readonly InterfacesLink[],
  intent: NetworkIntent,
): void {
  for (const { name, stanzas } of groups) {
    const link = intent.links.find((one) => one.name === name);
    for (const { value, spot } of optionsOf(stanzas, 'bridge-ports')) {
      const others = value.split(/\s+/).filter((word) => kernelName(word, links) !== word);
      if (link === undefined || others.length === 0) continue;
      link.ports = link.ports.filter((port) => !others.includes(port));
      const why = `ports are found by the kernel's names alone: ${others.map((word) => `${word} is ${kernelName(word, links)}`).join(', ')}`;
      intent.notUnderstood.push({ spot, text: `bridge_ports ${value}`, why });
    }
  }
}

/** By file and line, each once: what a template says is read again for each of its heirs. */
function inOrder(document: InterfacesDocument, found: NetworkIntent['notUnderstood']): NetworkIntent['notUnderstood'] {
  const rank = (path: string) => document.files.findIndex((file) => file.path === path);
  const once = new Map(found.map((one) => [`${one.spot.path}:${one.spot.line} ${one.text}`, one]));
  return [...once.values()].sort((a, b) => rank(a.spot.path) - rank(b.spot.path) || a.spot.line - b.spot.line);
}
