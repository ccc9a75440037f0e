import { RENAME_LINK, unsayable } from './unsayable.ts';

/**
 * The name of a link as nft reads it back. In its quotes nothing is escaped but a star at the end, and that in rules alone: not in
 * `device`, and a set without intervals takes none (nft 1.0.6). So what has a quote, or ends in a star, has no form.
 *
 *     eth0 -> "eth0"    a$b;c -> "a$b;c"    eth* -> refused: it would be every link that begins with eth
 *
 * @throws STATE_REFUSED
 */
export function nftLink(name: string): string {
  if (/["\n]/.test(name)) throw unsayable(name, 'nft', 'it has no way to escape a quote', RENAME_LINK);
  if (name.endsWith('*')) throw unsayable(name, 'nft', 'a star at the end stands for other links too', RENAME_LINK);
  return `"${name}"`;
}

/** The comment of a table, or null: nft has no way to escape a quote and takes 128 bytes with the closing zero. */
export function nftComment(text: string): string | null {
  return /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,127}$/.test(text) ? `"${text}"` : null;
}
