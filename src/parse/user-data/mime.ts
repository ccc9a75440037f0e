/** A part of a MIME message that has no parts itself. */
export interface MimePart {
  type: string;
  body: Uint8Array;
  /** Lines of the whole before the body's first; null where the body is encoded, and has no lines of its own. */
  linesBefore: number | null;
}

export type MimeMessage = { ok: true; parts: MimePart[]; isClosed: boolean } | { ok: false; rule: string };

const DEPTH_MAX = 8;
/** Each is judged by itself. */
const PARTS_MAX = 1000;

/** RFC 2045 and 2046, as far as tools write user-data: headers, boundaries, base64 and quoted-printable. */
export function readMime(text: string, linesBefore = 0, depth = 0): MimeMessage {
  const { headers, body, headerLines } = splitHead(text);
  const type = (headers.get('content-type') ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!type.startsWith('multipart/')) {
    return { ok: true, isClosed: true, parts: [leaf(type, headers, body, linesBefore + headerLines)] };
  }
  const boundary = /boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(headers.get('content-type') ?? '');
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined || mark === '') return { ok: false, rule: 'name its boundary in Content-Type' };
  if (depth >= DEPTH_MAX) return { ok: false, rule: 'nest its parts less deep' };
  return readParts(body, mark, linesBefore + headerLines, depth);
}

function readParts(body: string, mark: string, linesBefore: number, depth: number): MimeMessage {
  const parts: MimePart[] = [];
  let current: string[] | null = null;
  let begun = 0;
  let isClosed = false;
  const lines = body.split('\n');
  const end = (): string | null => {
    if (current === null) return null;
    const inner = readMime(current.join('\n'), linesBefore + begun, depth + 1);
    if (!inner.ok) return inner.rule;
    if (parts.length + inner.parts.length > PARTS_MAX) return `have at most ${PARTS_MAX} parts`;
    parts.push(...inner.parts);
    return null;
  };
  for (const [index, line] of lines.entries()) {
    const bare = line.trimEnd();
    if (bare === `--${mark}` || bare === `--${mark}--`) {
      const rule = end();
      if (rule !== null) return { ok: false, rule };
      isClosed = bare.endsWith(`${mark}--`) && bare !== `--${mark}`;
      current = isClosed ? null : [];
      begun = index + 1;
      if (isClosed) break;
    } else current?.push(line);
  }
  const rule = isClosed ? null : end();
  if (rule !== null) return { ok: false, rule };
  return parts.length === 0 ? { ok: false, rule: 'have parts between its boundaries' } : { ok: true, parts, isClosed };
}

function splitHead(text: string): { headers: Map<string, string>; body: string; headerLines: number } {
  const headers = new Map<string, string>();
  const lines = text.split('\n');
  let last = '';
  let index = 0;
  for (; index < lines.length; index++) {
    const line = (lines[index] ?? '').replace(/\r$/, '');
    if (/^[ \t]/.test(line) && last !== '') headers.set(last, `${headers.get(last)} ${line.trim()}`);
    const header = /^([!-9;-~]+):(.*)$/s.exec(line);
    if (header !== null) {
      last = (header[1] ?? '').toLowerCase();
      headers.set(last, (header[2] ?? '').trimStart());
    } else if (!/^[ \t]/.test(line) || line.trim() === '') {
      // What is no header ends them: an empty line, which is no part of the body, or the body itself.
      if (line.trim() === '') index++;
      break;
    }
  }
  return { headers, body: lines.slice(index).join('\n'), headerLines: index };
}

function leaf(type: string, headers: Map<string, string>, body: string, linesBefore: number): MimePart {
  const encoding = headers.get('content-transfer-encoding')?.trim().toLowerCase();
  if (encoding === 'base64') return { type, body: fromBase64(body), linesBefore: null };
  if (encoding === 'quoted-printable') return { type, body: fromQuotedPrintable(body), linesBefore: null };
  return { type, body: new TextEncoder().encode(body), linesBefore };
}

/** What is no base64 is left out, as Python does. */
function fromBase64(text: string): Uint8Array {
  const clean = text.replaceAll(/[^A-Za-z0-9+/]/g, '');
  const whole = clean.slice(0, clean.length - (clean.length % 4 === 1 ? 1 : 0));
  return Uint8Array.from(atob(whole), (char) => char.charCodeAt(0));
}

function fromQuotedPrintable(text: string): Uint8Array {
  const coded = new TextEncoder().encode(text.replaceAll(/=[ \t]*\r?\n/g, ''));
  const bytes = new Uint8Array(coded.length);
  let length = 0;
  for (let at = 0; at < coded.length; at += 1) {
    const byte = coded[at] ?? 0;
    const [high, low] = [hexDigit(coded[at + 1]), hexDigit(coded[at + 2])];
    const isCode = byte === EQUALS && high >= 0 && low >= 0;
    bytes[length] = isCode ? high * 16 + low : byte;
    if (isCode) at += 2;
    length += 1;
  }
  return bytes.subarray(0, length);
}

const EQUALS = 0x3d;

/** -1 for what is none. */
function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
}
