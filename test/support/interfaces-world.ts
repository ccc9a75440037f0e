import type { NetworkIntent } from '../../src/model/network-intent.ts';
import { parseInterfaces } from '../../src/parse/interfaces.ts';
import { intentOfInterfaces } from '../../src/parse/interfaces-intent.ts';
import type { InterfacesDialect } from '../../src/parse/interfaces-problems.ts';
import { intentWords } from './ifup-host.ts';
import { portWords, type WorldLink } from './ifup-world.ts';
import { INTERFACES, readInterfacesCorpus } from './interfaces-corpus.ts';
import { readInterfacesShapes } from './interfaces-shapes.ts';

/** Interfaces files with the host they are for. */
export interface InterfacesCase {
  name: string;
  files: { path: string; text: string }[];
  links: WorldLink[];
}

const USUAL: readonly WorldLink[] = [
  { name: 'eth0', mac: '52:54:00:aa:00:01', altNames: ['enp1s0f0'] },
  { name: 'eth1', mac: '52:54:00:aa:00:02', altNames: [] },
];

/** Every shape, and every host of the corpus with the cards that its files speak of. */
export function interfacesCases(): InterfacesCase[] {
  const shapes = readInterfacesShapes().map((shape) => ({ ...shape, links: [...USUAL] }));
  const hosts = readInterfacesCorpus().map(({ name, files }) => ({ name, files, links: cardsOf(files) }));
  return [...shapes, ...hosts];
}

function cardsOf(files: InterfacesCase['files']): WorldLink[] {
  const { links } = intentOfInterfaces(parseInterfaces(files, INTERFACES));
  const cards = links.filter(({ kind }) => kind === 'physical').map(({ name }) => name);
  const ports = links.flatMap((link) => link.ports).filter((name) => !links.some((link) => link.name === name));
  return [...new Set([...cards, ...ports])]
    .filter((name) => /^[\w-]{1,15}$/.test(name))
    .map((name, index) => ({ name, mac: `52:54:00:bb:00:${String(10 + index)}`, altNames: [] }));
}

export function intentOfCase({ files, links }: InterfacesCase, dialect: InterfacesDialect): NetworkIntent {
  return intentOfInterfaces(parseInterfaces(files, INTERFACES), { dialect, links });
}

/**
 * What has to run, in the words of `runIfup`: nothing on links that are not there and that nobody makes, nor on those of a kind this kernel
 * does not have.
 */
export function wordsOfCase(one: InterfacesCase, intent: NetworkIntent, missingKinds: readonly string[]): string[] {
  const isThere = (name: string) =>
    name === 'lo' ||
    one.links.some((link) => link.name === name) ||
    intent.links.some((link) => link.name === name && link.kind !== 'physical' && !missingKinds.includes(link.kind));
  const ports = intent.links.flatMap((link) =>
    isThere(link.name) ? link.ports.filter(isThere).map((port) => portWords(port, link.name)) : [],
  );
  const words = intentWords({
    ...intent,
    addresses: intent.addresses.filter(({ link }) => isThere(link)),
    routes: intent.routes.filter(({ link, context }) => isThere(context) && (link === null || isThere(link))),
  });
  return [...new Set([...words, ...ports])].sort();
}
