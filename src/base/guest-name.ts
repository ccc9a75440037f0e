import { type Parsed, parsed, rejected } from './parsed.ts';

/** A guest's name is its host name, a directory and a part of socket paths: a short RFC 1123 label. */
export function parseGuestName(text: string): Parsed<string> {
  if (text.length > 40) return rejected('at most 40 characters');
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return rejected('lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen');
  }
  return parsed(text);
}
