/** POSIX.1-2017 pax, the ustar header under it, and what GNU tar writes instead. Names are bytes: as latin1 text, one character a byte. */
export const BLOCK = 512;

export interface TarHeader {
  name: string;
  mode: number;
  size: number;
  mtimeNs: bigint;
  /** `0` file, `5` directory, `2` symbolic link, `1` hard link, others. */
  type: string;
  linkName: string;
}

/** The header and, where ustar's fields do not hold it, a pax header before it. */
export function encodeHeader(header: TarHeader): Buffer {
  const records: Record<string, string> = {};
  if (header.mtimeNs < 0n || header.mtimeNs % 1_000_000_000n !== 0n) records.mtime = formatSeconds(header.mtimeNs);
  if (header.name.length > 100) records.path = header.name;
  if (header.linkName.length > 100) records.linkpath = header.linkName;
  if (header.size >= 8 ** 11) records.size = String(header.size);
  const own = encodeUstar(header);
  if (Object.keys(records).length === 0) return own;
  const body = Buffer.from(Object.entries(records).map(encodeRecord).join(''), 'latin1');
  const extension = { ...header, name: 'pax', mode: 0o600, size: body.length, type: 'x', linkName: '' };
  return Buffer.concat([encodeUstar(extension), padded(body), own]);
}

export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc(paddingOf(body.length))]);
}

function encodeUstar({ name, mode, size, mtimeNs, type, linkName }: TarHeader): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(
      `${Math.min(value, 8 ** (length - 1) - 1)
        .toString(8)
        .padStart(length - 1, '0')}\0`,
      at,
      'latin1',
    );
  block.write(name.slice(0, 100), 0, 'latin1');
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.max(0, Number(mtimeNs / 1_000_000_000n)), 136, 12);
  block.write(type, 156, 'latin1');
  block.write(linkName.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** The sum of all bytes, with the field of the sum itself as spaces. */
export function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < BLOCK; index++) if (index < 148 || index >= 156) sum += block[index] ?? 0;
  return sum;
}

/** `11 path=a\n`: the length counts itself. */
function encodeRecord([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function formatSeconds(ns: bigint): string {
  const [sign, size] = ns < 0n ? ['-', -ns] : ['', ns];
  return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}
