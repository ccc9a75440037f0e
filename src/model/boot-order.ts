export const BOOT_ORDER_RULE = 'must be made of the letters a (floppy), c (disk), d (CD) and n (network), each once';

/** QEMU's letters of `-boot order=` and `once=`. */
export function isBootOrder(text: string): boolean {
  return /^[acdn]{1,4}$/.test(text) && new Set(text).size === text.length;
}
