/**
 * Names of links that Lodge writes into files and rules. The kernel takes more (dev_valid_name: no slash, colon or blank), but then a rule
 * of nft or a line of `ip -batch` has no way to say some of them, networkd reads a pattern, and ifupdown hands the name to a shell.
 */
export const PLAIN_LINK_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.@+-]{1,15}$/;
export const PLAIN_LINK_RULE = 'must be a name of a link: 1 to 15 letters, digits and . _ @ + -';

export function isPlainLinkName(name: string): boolean {
  return PLAIN_LINK_NAME.test(name);
}
