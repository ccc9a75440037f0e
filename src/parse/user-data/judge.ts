import { parseBoundedJson } from '../../base/bounded-json.ts';
import { explainError } from '../../base/errors.ts';
import { judgeCloudConfig, newYamlRoom, readArchive, type YamlRoom } from './cloud-config.ts';
import { doubtful, type UserDataFinding, wrong } from './finding.ts';
import { isKnownType, KINDS_RULE, kindOf } from './kind.ts';
import { readMime } from './mime.ts';

/** The bytes out of a gzip; null when they are none, or cut off. */
export type Unpack = (bytes: Uint8Array) => Uint8Array | null;

/** Where cloud-init looks for the sign of a MIME message. */
const MIME_SIGN_WITHIN = 4096;
/** Types whose content is looked at in spite of them (TYPE_NEEDED of cloudinit/user_data.py, and scripts that are none). */
const LOOKED_AT = ['text/plain', 'text/x-shellscript'];
const PACKED = /^application\/(x-)?(gzip|gunzip|gzipped|compress|compressed)(-compressed)?$/;

/**
 * What cloud-init will make of user-data, looked at before a guest boots with it in vain. It follows cloudinit/user_data.py: a gzip
 * is unpacked once, then it is a MIME message or one part whose first words tell its type. What cloud-init does not recognise it
 * leaves out with a warning in a log of the guest: here that is an error.
 */
export function judgeUserData(bytes: Uint8Array, unpack: Unpack): UserDataFinding[] {
  const findings = judgeBytes(bytes, { unpack, yaml: newYamlRoom(), depth: 0 });
  const more = findings.length - FINDINGS_TOLD;
  // Errors first: a thousand warnings must not hide one.
  const told = findings.toSorted((a, b) => (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1));
  if (more <= 0) return findings;
  return [...told.slice(0, FINDINGS_TOLD), doubtful(`have fewer mistakes: there are ${more} more`)];
}

/** Each is the text of the one around it, read again. */
const ARCHIVE_DEPTH_MAX = 8;
/** A person mends no more at once. */
const FINDINGS_TOLD = 50;

interface Tools {
  unpack: Unpack;
  /** What is left of YAML, for all parts. */
  yaml: YamlRoom;
  /** How many archives this is in. */
  depth: number;
}

function judgeBytes(bytes: Uint8Array, tools: Tools): UserDataFinding[] {
  if (isGzip(bytes)) {
    const inner = tools.unpack(bytes);
    return inner === null ? [wrong('be a whole gzip: this one is cut off or damaged')] : judgePlain(inner, tools);
  }
  return judgePlain(bytes, tools);
}

function judgePlain(bytes: Uint8Array, tools: Tools): UserDataFinding[] {
  const packed = packedAs(bytes);
  if (packed !== null) return [wrong(`be plain or packed with gzip: cloud-init reads no ${packed}`)];
  const text = utf8(bytes);
  if (text === null) return [wrong('be UTF-8: cloud-init leaves out what is not')];
  if (text.startsWith('\ufeff'))
    return [wrong('begin without a byte order mark: cloud-init does not know the line behind it')];
  if (text.trim() === '') return [doubtful('have something in it: this is empty, and the guest is set up without it')];
  const head = latin1(bytes.subarray(0, MIME_SIGN_WITHIN)).toLowerCase();
  if (head.includes('mime-version:')) return judgeMime(text, tools);
  const kind = kindOf(text);
  return kind === null ? [wrong(KINDS_RULE)] : judgePart(text, kind, 0, tools);
}

function judgeMime(text: string, tools: Tools): UserDataFinding[] {
  const message = readMime(text);
  if (!message.ok) return [wrong(`${message.rule} (a MIME message)`)];
  const findings = message.parts.flatMap((part, index) => {
    const found = judgeMimePart(part.type, part.body, part.linesBefore ?? 0, tools);
    const isPlaced = part.linesBefore !== null;
    const name = `part ${index + 1} of the MIME message`;
    return found.map(({ severity, rule }) => ({ severity, rule: `${rule}, in ${name}${isPlaced ? '' : ', decoded'}` }));
  });
  return message.isClosed ? findings : [...findings, doubtful('end with the boundary: the last part may be cut off')];
}

function judgeMimePart(declared: string, body: Uint8Array, linesBefore: number, tools: Tools): UserDataFinding[] {
  if (PACKED.test(declared)) {
    const inner = tools.unpack(body);
    if (inner === null) return [wrong('be a whole gzip: this one is cut off or damaged')];
    return judgeMimePart('text/plain', inner, 0, tools);
  }
  const text = utf8(body);
  const found = text !== null && LOOKED_AT.includes(declared) ? kindOf(text) : null;
  const type = found ?? declared;
  if (!isKnownType(type))
    return [doubtful(`be of a type that cloud-init has a handler for, and is ${printable(type)}`)];
  return text === null ? [] : judgePart(text, type, linesBefore, tools);
}

function judgePart(text: string, type: string, linesBefore: number, tools: Tools): UserDataFinding[] {
  switch (type) {
    case 'text/cloud-config':
      return judgeCloudConfig(text, linesBefore, tools.yaml);
    case 'text/cloud-config-archive':
      return judgeArchive(text, linesBefore, tools);
    case 'text/cloud-config-jsonp':
      return judgeJsonPatch(text);
    case 'text/jinja2':
      // What it says is known when the guest has filled it in; that it says something is known now.
      return kindOf(text.trimStart().replace(/^[^\n]*\n?/, '')) === null
        ? [wrong(`name its type in the line after ## template: jinja, such as #cloud-config`)]
        : [];
    case 'text/x-shellscript':
      return /^\s*#!.*\r(\n|$)/.test(text)
        ? [doubtful('end the line of the interpreter with a line feed alone: no program is called so')]
        : [];
    default:
      return [];
  }
}

function judgeArchive(text: string, linesBefore: number, tools: Tools): UserDataFinding[] {
  if (tools.depth >= ARCHIVE_DEPTH_MAX) return [wrong('nest its archives less deep')];
  const { entries, findings } = readArchive(text, linesBefore, tools.yaml);
  const inner = entries.flatMap(({ type, content }, index) => {
    const kind = type ?? kindOf(content) ?? 'text/cloud-config';
    const found = judgeMimePart(kind.toLowerCase(), new TextEncoder().encode(content), 0, {
      ...tools,
      depth: tools.depth + 1,
    });
    return found.map(({ severity, rule }) => ({ severity, rule: `${rule}, in entry ${index + 1} of the archive` }));
  });
  return [...findings, ...inner];
}

function judgeJsonPatch(text: string): UserDataFinding[] {
  try {
    parseBoundedJson(new TextEncoder().encode(text.trimStart().slice('#cloud-config-jsonp'.length)), 'this');
    return [];
  } catch (error) {
    return [wrong(`have a JSON patch after its first line: ${explainError(error)}`)];
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function packedAs(bytes: Uint8Array): string | null {
  const start = latin1(bytes.subarray(0, 6));
  if (start.startsWith('\xfd7zXZ')) return 'xz';
  if (start.startsWith('BZh')) return 'bzip2';
  if (start.startsWith('\x28\xb5\x2f\xfd')) return 'zstd';
  return start.startsWith('PK\x03\x04') ? 'zip' : null;
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

/** A type is a word of a header, and no place for a secret; what is no type is not repeated. */
function printable(type: string): string {
  return /^[\w.+-]{1,40}\/[\w.+-]{1,60}$/.test(type) ? type : 'none';
}
