/** What stands in the place of a secret in a file's text: such a text is for reading, and must never be written back. */
export const BLANKED = '(blanked)';
