/** Every code point of Unicode that a terminal may obey, or that changes how its neighbours look, each between two letters. */
export const ALL_CONTROLS = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character))
  .map((character) => `a${character}b`)
  .join('');

/** What a terminal would obey of a text, as numbers; a line end and a tab are what lines are made of. */
export function obeyedIn(text: string): string[] {
  const found = text.match(/[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu) ?? [];
  return [...new Set(found)].map((character) => `U+${character.codePointAt(0)?.toString(16)}`);
}
