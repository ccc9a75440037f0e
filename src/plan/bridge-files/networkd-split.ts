import type { IniDocument, IniLine } from '../../model/ini-document.ts';
import { STACKED_KEYS } from '../../parse/networkd-keys.ts';
import { type NetworkReading, readNetwork } from '../../parse/networkd-network.ts';
import { type BridgeFilesInput, isSameAddress, isSameRoute } from './input.ts';

/** Sections of a NIC that is a port as well as of one that is not. The others are of whoever has the addresses. */
const STAYING_SECTIONS = new Set(
  'Match Link SR-IOV Bridge BridgeFDB BridgeMDB BridgeVLAN CAN IPoIB QDisc LLDP'.split(' '),
);
const STAYING_KEYS = new Set([...STACKED_KEYS, 'Description', 'LLDP', 'EmitLLDP', 'BindCarrier']);

export interface SplitDocument {
  /** Text for the file of the port. */
  staying: string;
  /** Text for the file of the bridge: sections whole, with the comments above them. */
  moving: string;
  /** What the moving text says of addresses and routes. */
  reading: NetworkReading;
}

type Wanted = Pick<BridgeFilesInput, 'addresses' | 'routes'>;
interface Block {
  /** null: what stands before the first section. */
  header: Extract<IniLine, { kind: 'section' }> | null;
  lines: IniLine[];
}

/**
 * Divides a .network file of a NIC between the port that it becomes and the bridge over it. Each comment goes with the line
 * below it. Addresses and routes that are not wanted are left out.
 */
export function splitDocument(document: IniDocument, wanted: Wanted): SplitDocument {
  let staying = '';
  let moving = '';
  const kept: IniLine[] = [];
  for (const block of blocksOf(document)) {
    const name = block.header?.name ?? null;
    if (name === null || STAYING_SECTIONS.has(name) || name.startsWith('X-')) {
      staying += textOf(block.lines);
      continue;
    }
    if (name === 'Network') {
      const parts = splitNetwork(document, block, wanted);
      staying += textOf(parts.staying);
      moving += textOf(parts.moving);
      kept.push(...parts.moving);
    } else if (isWantedSection(document, block, wanted)) {
      moving += textOf(block.lines);
      kept.push(...block.lines);
    }
  }
  return { staying, moving, reading: readLines(document, kept) };
}

/** The file in pieces: what is before the first section, then each section, with the comments right above its header. */
function blocksOf(document: IniDocument): Block[] {
  const blocks: Block[] = [{ header: null, lines: [] }];
  for (const line of document.lines) {
    const last = blocks.at(-1);
    if (last === undefined) break;
    if (line.kind !== 'section') {
      last.lines.push(line);
      continue;
    }
    const from = last.lines.findLastIndex(({ kind }) => kind !== 'comment') + 1;
    // What is at the top of a file speaks of the file.
    const above = last.header === null ? [] : last.lines.splice(from);
    blocks.push({ header: line, lines: [...above, line] });
  }
  return blocks;
}

function splitNetwork(document: IniDocument, block: Block, wanted: Wanted): { staying: IniLine[]; moving: IniLine[] } {
  const staying: IniLine[] = [];
  const moving: IniLine[] = [];
  let above: IniLine[] = [];
  const header = block.header === null ? -1 : block.lines.indexOf(block.header);
  for (const line of block.lines.slice(header + 1)) {
    if (line.kind !== 'entry') {
      above.push(line);
      continue;
    }
    if (STAYING_KEYS.has(line.key)) staying.push(...above, line);
    else if (isWantedEntry(document, block, line, wanted)) moving.push(...above, line);
    else moving.push(...above.filter(({ kind }) => kind !== 'blank'));
    above = [];
  }
  moving.push(...above);
  const heading = block.lines.slice(0, header + 1);
  const hasText = (lines: readonly IniLine[]) => lines.some(({ kind }) => kind !== 'blank');
  return {
    staying: hasText(staying) ? [...heading.slice(header), ...staying] : [],
    moving: hasText(moving) || header > 0 ? [...heading, ...moving] : [],
  };
}

function isWantedEntry(document: IniDocument, block: Block, line: IniLine, wanted: Wanted): boolean {
  if (line.kind !== 'entry' || !['Address', 'Gateway', 'DefaultRouteOnDevice'].includes(line.key)) return true;
  return isWanted(readLines(document, [block.header ?? line, line]), wanted);
}

function isWantedSection(document: IniDocument, block: Block, wanted: Wanted): boolean {
  const isAddressing = block.header !== null && ['Address', 'Route'].includes(block.header.name);
  return !isAddressing || isWanted(readLines(document, block.lines), wanted);
}

/** What Lodge does not plan with (another table, say) is no address or route of the reading, and is kept. */
function isWanted(reading: NetworkReading, wanted: Wanted): boolean {
  return (
    reading.addresses.every((address) => wanted.addresses.some((one) => isSameAddress(one, address))) &&
    reading.routes.every((route) => wanted.routes.some((one) => isSameRoute(one, route)))
  );
}

function readLines({ path }: IniDocument, lines: IniLine[]): NetworkReading {
  return readNetwork({ name: path, path, documents: [{ path, lines }] });
}

function textOf(lines: readonly IniLine[]): string {
  const text = lines.map(({ raw }) => raw).join('');
  return text === '' || /[\r\n]$/.test(text) ? text : `${text}\n`;
}
