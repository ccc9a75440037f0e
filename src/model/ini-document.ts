/** What stands in a file, without loss: the `raw` texts of all lines, one after the other, are the file. */
export type IniLine =
  | { kind: 'blank' | 'comment'; raw: string; line: number }
  | { kind: 'section'; raw: string; line: number; name: string }
  | { kind: 'entry'; raw: string; line: number; key: string; value: string }
  | { kind: 'junk'; raw: string; line: number; why: string };

export interface IniDocument {
  path: string;
  lines: IniLine[];
}
