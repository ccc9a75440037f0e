import type {
  InterfacesBodyLine,
  InterfacesIface,
  InterfacesMapping,
  InterfacesNode,
} from '../model/interfaces-document.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import { INTERFACES_METHODS } from './interfaces-methods.ts';

export type InterfacesDialect = 'ifupdown' | 'ifupdown2';

/** A line that interfaces(5) does not allow. */
export interface InterfacesProblem {
  spot: SourceSpot;
  text: string;
  /** What must be there instead, in words. */
  rule: string;
  /** Who does not read it. Whoever refuses a line of the first file configures nothing at all. */
  refusedBy: readonly InterfacesDialect[];
}

const BOTH = ['ifupdown', 'ifupdown2'] as const;
const CLASSIC = ['ifupdown'] as const;

/** What is wrong with a line, or null. `isInheritable` knows the stanzas above it. */
export function describeProblem(
  node: InterfacesNode | InterfacesBodyLine,
  path: string,
  isInheritable: (name: string, family: string | null) => boolean,
): InterfacesProblem | null {
  const tell = (rule: string, refusedBy: readonly InterfacesDialect[] = BOTH): InterfacesProblem => ({
    spot: { path, line: node.line },
    text: node.raw.trim(),
    rule,
    refusedBy,
  });
  switch (node.kind) {
    case 'junk':
      return /\s/.test(node.raw.trim())
        ? tell('an option stands below the iface line it belongs to; above it is no such line')
        : tell('a line is a keyword, or an option and its value');
    case 'template':
      return tell('template is a word of ifupdown-ng');
    case 'iface':
      return describeIface(node, isInheritable, tell);
    default:
      return null;
  }
}

function describeIface(
  { name, family, method, inherits }: InterfacesIface,
  isInheritable: (name: string, family: string | null) => boolean,
  tell: (rule: string, refusedBy?: readonly InterfacesDialect[]) => InterfacesProblem,
): InterfacesProblem | null {
  if (name === null) return tell('iface is followed by a name, a family and a method: iface eth0 inet static');
  if (family === null && inherits === null) return tell('a family (inet, inet6) and a method follow the name', CLASSIC);
  if (family !== null && INTERFACES_METHODS[family] === undefined) {
    return tell(`"${family}" is no family: ${Object.keys(INTERFACES_METHODS).join(', ')}`);
  }
  if (family !== null && method === null && inherits === null) return tell(`a method follows ${family}`, CLASSIC);
  if (family !== null && method !== null && INTERFACES_METHODS[family]?.[method] === undefined) {
    const isOfTheOther = method === 'dhcp6';
    const methods = Object.keys(INTERFACES_METHODS[family] ?? {}).join(', ');
    return tell(`"${method}" is no method of ${family}: ${methods}`, isOfTheOther ? CLASSIC : BOTH);
  }
  if (inherits === '') return tell('inherits is followed by the name of an iface', CLASSIC);
  if (inherits !== null && !isInheritable(inherits, family)) {
    return tell(`no iface ${inherits}${family === null ? '' : ` ${family}`} stands above to inherit from`, CLASSIC);
  }
  return null;
}

/** A mapping has one script, and nothing but `map` lines beside it. */
export function describeMappingProblem(node: InterfacesMapping, path: string): InterfacesProblem[] {
  const problems: InterfacesProblem[] = [];
  let scripts = 0;
  for (const line of node.body) {
    if (line.kind !== 'option') continue;
    if (line.name === 'script') scripts++;
    const rule =
      line.name === 'script' && scripts > 1
        ? 'a mapping has one script'
        : line.name !== 'script' && line.name !== 'map'
          ? 'below mapping stand script and map lines only'
          : null;
    if (rule !== null) {
      problems.push({ spot: { path, line: line.line }, text: line.raw.trim(), rule, refusedBy: CLASSIC });
    }
  }
  return problems;
}
