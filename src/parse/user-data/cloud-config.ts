import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument } from 'yaml';
import { doubtful, place, type UserDataFinding, wrong } from './finding.ts';
import { judgeKeys } from './known-keys.ts';
import { pythonFault } from './python-yaml.ts';

/** `#cloud-config`: a mapping, as PyYAML reads it (YAML 1.1, where a key may come twice and the last one counts). */
export function judgeCloudConfig(text: string, linesBefore: number): UserDataFinding[] {
  const { document, findings } = read(text, linesBefore);
  if (document === null) return findings;
  const { contents } = document;
  if (isMap(contents)) return [...findings, ...judgeKeys(text, linesBefore, document, contents)];
  if (contents === null || (isScalar(contents) && contents.value === null)) return findings;
  return [...findings, wrong(`be a mapping (key: value)${place(text, contents.range?.[0] ?? 0, linesBefore)}`)];
}

/** The entries of `#cloud-config-archive`: their text, and the type they name. */
export interface ArchiveEntry {
  type: string | null;
  content: string;
}

export function readArchive(
  text: string,
  linesBefore: number,
): { entries: ArchiveEntry[]; findings: UserDataFinding[] } {
  const { document, findings } = read(text, linesBefore);
  if (document === null) return { entries: [], findings };
  const { contents } = document;
  if (contents === null) return { entries: [], findings };
  if (!isSeq(contents)) {
    const where = place(text, contents.range?.[0] ?? 0, linesBefore);
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

function read(text: string, linesBefore: number): { document: Document | null; findings: UserDataFinding[] } {
  const document = parseDocument(text, { version: '1.1', prettyErrors: false, logLevel: 'error' });
  const [first] = [...document.errors, ...document.warnings].filter(({ code }) => code !== 'DUPLICATE_KEY');
  if (first !== undefined) {
    const rule = `be valid YAML: ${FAULTS[first.code] ?? 'this cannot be read'}`;
    return { document: null, findings: [wrong(`${rule}${place(text, first.pos[0], linesBefore)}`)] };
  }
  const fault = pythonFault(text, document);
  if (fault !== null) {
    const rule = `be valid YAML: ${fault.what}${place(text, fault.at, linesBefore)}`;
    return { document: null, findings: [wrong(rule)] };
  }
  const twice = document.errors.map(({ pos }) =>
    doubtful(`name a key once: the last one counts${place(text, pos[0], linesBefore)}`),
  );
  return { document, findings: twice };
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
