import type { IniDocument } from '../model/ini-document.ts';

/** The text again, byte for byte what was read unless lines were changed. */
export function renderIni(document: IniDocument): string {
  return document.lines.map(({ raw }) => raw).join('');
}
