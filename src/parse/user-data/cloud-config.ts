import { isMap, isScalar, isSeq, type Pair } from 'yaml';
import { readYaml, YAML_LIMITS, type YamlReading } from '../../base/bounded-yaml.ts';
import { USER_DATA_UNPACKED_MAX_BYTES } from '../../model/user-data.ts';
import { doubtful, type Place, placesIn, type UserDataFinding, wrong } from './finding.ts';
import { judgeKeys } from './known-keys.ts';
import { pythonFault } from './python-yaml.ts';

/** What all parts of one user-data may be together: a message may have thousands. */
export interface YamlRoom {
  tokensLeft: number;
}

export function newYamlRoom(): YamlRoom {
  return { tokensLeft: YAML_LIMITS.tokens };
}

/** `#cloud-config`: a mapping, as PyYAML reads it (YAML 1.1, where a key may come twice and the last one counts). */
export function judgeCloudConfig(text: string, linesBefore: number, room: YamlRoom): UserDataFinding[] {
  const { reading, findings, place } = read(text, linesBefore, room);
  if (reading === null) return findings;
  const { contents } = reading.document;
  if (isMap(contents)) return [...findings, ...judgeKeys(reading, contents, place)];
  if (contents === null || (isScalar(contents) && contents.value === null)) return findings;
  return [...findings, wrong(`be a mapping (key: value)${place(contents.range?.[0] ?? 0)}`)];
}

/** The entries of `#cloud-config-archive`: their text, and the type they name. */
export interface ArchiveEntry {
  type: string | null;
  content: string;
}

export function readArchive(
  text: string,
  linesBefore: number,
  room: YamlRoom,
): { entries: ArchiveEntry[]; findings: UserDataFinding[] } {
  const { reading, findings, place } = read(text, linesBefore, room);
  if (reading === null) return { entries: [], findings };
  const { contents } = reading.document;
  if (contents === null) return { entries: [], findings };
  if (!isSeq(contents)) {
    const where = place(contents.range?.[0] ?? 0);
    return { entries: [], findings: [...findings, wrong(`be a list of parts${where}`)] };
  }
  const entries = contents.items.flatMap((item, index): ArchiveEntry[] => {
    if (isScalar(item)) return [{ type: null, content: String(item.value) }];
    if (!isMap(item)) return [];
    const type = item.get('type');
    // cloud-init makes a header of every other key, and ends at one that is no text.
    const isHeader = ({ key, value }: Pair) => !RESERVED.includes(String(key).toLowerCase()) && !isText(value);
    if (item.items.some(isHeader)) {
      findings.push(wrong(`have text in every field of entry ${index + 1}, beside its content`));
      return [];
    }
    return [{ type: typeof type === 'string' ? type : null, content: String(item.get('content') ?? '') }];
  });
  return { entries, findings };
}

/** Fields of an entry that are no headers of their own (`_explode_archive` in cloudinit/user_data.py). */
const RESERVED = [
  'content',
  'filename',
  'type',
  'launch-index',
  'content-disposition',
  'number-attachments',
  'content-type',
];

function isText(value: unknown): boolean {
  return isScalar(value) && typeof value.value === 'string';
}

interface Read {
  reading: YamlReading | null;
  findings: UserDataFinding[];
  place: Place;
}

function read(text: string, linesBefore: number, room: YamlRoom): Read {
  const limits = { ...YAML_LIMITS, characters: USER_DATA_UNPACKED_MAX_BYTES, tokens: room.tokensLeft };
  const reading = readYaml(text, { version: '1.1', limits });
  const { document, fault, tokens, lines } = reading;
  room.tokensLeft -= Math.min(tokens, room.tokensLeft);
  const place = placesIn(lines, linesBefore);
  const refused = (rule: string, at: number) => ({
    reading: null,
    findings: [wrong(`${rule}${place(at)}`)],
    place,
  });
  if (fault?.isTooMuch) return refused(fault.rule.replace(String(limits.tokens), String(YAML_LIMITS.tokens)), fault.at);
  const [first] = [...document.errors, ...document.warnings].filter(({ code }) => code !== 'DUPLICATE_KEY');
  if (first !== undefined)
    return refused(`be valid YAML: ${FAULTS[first.code] ?? 'this cannot be read'}`, first.pos[0]);
  if (fault !== null) return refused(fault.rule, fault.at);
  const narrower = pythonFault(text, document);
  if (narrower !== null) return refused(`be valid YAML: ${narrower.what}`, narrower.at);
  const twice = document.errors.map(({ pos }) => doubtful(`name a key once: the last one counts${place(pos[0])}`));
  return { reading, findings: twice, place };
}

/** In our words: the library's quote the text. */
const FAULTS: Record<string, string> = {
  BAD_INDENT: 'a bracket is not closed, or the indentation does not fit',
  TAB_AS_INDENT: 'a tab stands where only spaces may',
  MISSING_CHAR: 'a bracket, quote or colon is not closed or missing',
  BAD_DQ_ESCAPE: 'an escape in double quotes is none',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon, or a mapping inside a value',
  BLOCK_IN_FLOW: 'a block inside brackets',
  BAD_SCALAR_START: 'a value begins with a character that needs quotes',
  MULTILINE_IMPLICIT_KEY: 'a key without a colon',
  MULTIPLE_DOCS: 'a second document',
  UNEXPECTED_TOKEN: 'something stands where nothing may',
  TAG_RESOLVE_FAILED: 'a tag (!word) that cloud-init does not know',
};
