import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { IntentRoute, NetworkIntent, SourceSpot } from '../../src/model/network-intent.ts';
import type { NetworkText } from '../../src/parse/networkd-files.ts';
import type { KnownLink } from '../../src/parse/networkd-match.ts';

const CORPUS = join(import.meta.dirname, '../corpus');
const NOT_FILES_OF_THE_HOST = ['ABOUT', 'links.json', 'expected.txt'];

/** A host of the corpus: its files by the paths they have there, and its links. */
export interface CorpusEntry {
  name: string;
  directory: string;
  about: string;
  files: NetworkText[];
  links: KnownLink[];
  /** The intent in words; null: not written down yet. */
  expected: string;
}

export function readCorpus(dialect: 'networkd' | 'netplan' | 'network-manager'): CorpusEntry[] {
  return readdirSync(join(CORPUS, dialect))
    .sort()
    .map((name) => {
      const directory = join(CORPUS, dialect, name);
      const text = (file: string) => readFileSync(join(directory, file), 'utf8');
      return {
        name,
        directory,
        about: text('ABOUT'),
        files: readTree(directory).filter(({ path }) => !NOT_FILES_OF_THE_HOST.includes(path.slice(1))),
        links: JSON.parse(text('links.json')) as KnownLink[],
        expected: text('expected.txt'),
      };
    });
}

/** All files below a directory, with their paths as if it were the root. */
export function readTree(directory: string): NetworkText[] {
  return globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: `/${relative(directory, path)}`, text: readFileSync(path, 'utf8') }));
}

/** An intent in lines, one thing a line, with the place it comes from. */
export function intentText(intent: NetworkIntent): string {
  return `${[...linesOf(intent, spotText), ...intent.notUnderstood.map((one) => `? ${one.text} (${one.why})${spotText(one.spot)}`)].join('\n')}\n`;
}

/** The same without places, sorted: what two dialects have to agree on. */
export function comparable(intent: NetworkIntent): string[] {
  return linesOf(intent, () => '').sort();
}

function linesOf(intent: NetworkIntent, at: (spot: SourceSpot) => string): string[] {
  const links = intent.links.map((link) => {
    const bridge = link.kind === 'bridge' ? ` stp ${link.stp} delay ${link.forwardDelaySec}` : '';
    const ports = link.ports.length === 0 ? '' : ` ports ${[...link.ports].sort().join(' ')}`;
    const manual = link.isAutomatic ? '' : ' by hand';
    return `link ${link.name} ${link.kind} mac ${link.mac} mtu ${link.mtu}${bridge}${ports}${manual}${at(link.spot)}`;
  });
  return [...links, ...partLines(intent, at), ...partLines(intent.byHand, at).map((line) => `only by hand: ${line}`)];
}

function partLines(
  intent: Pick<NetworkIntent, 'addresses' | 'routes' | 'dynamic'>,
  at: (spot: SourceSpot) => string,
): string[] {
  const addresses = intent.addresses.map(({ link, address, prefixLength, peer, spot }) => {
    return `address ${link} ${address}/${prefixLength}${peer === null ? '' : ` peer ${peer}`}${at(spot)}`;
  });
  const dynamic = intent.dynamic.map(({ link, family, method, spot }) => `${method} ${link} ${family}${at(spot)}`);
  return [...addresses, ...intent.routes.map((route) => `${routeText(route)}${at(route.spot)}`), ...dynamic];
}

function routeText(route: IntentRoute): string {
  const words = [route.form, route.context, route.family, route.type, route.destination, `via ${route.via}`];
  return [...words, `dev ${route.link}`, `metric ${route.metric}`, ...(route.isOnLink ? ['onlink'] : [])].join(' ');
}

function spotText({ path, line }: SourceSpot): string {
  return `  <- ${path}:${line}`;
}
