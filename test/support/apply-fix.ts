import type { ConfigFile } from '../../src/model/network-facts.ts';

/** How findings say what to do to a file. `PATH, line N` is the place. */
const PLACE = '(/\\S+), line (\\d+)';
const EDITS: [RegExp, (files: ConfigFile[], words: string[]) => ConfigFile[]][] = [
  [new RegExp(`^in ${PLACE} write: (.*)$`), (files, [path, line, text]) => splice(files, path, line, 0, 1, text)],
  [new RegExp(`take (?:it )?out(?: of)? ${PLACE}$`), (files, [path, line]) => splice(files, path, line, 0, 1)],
  [new RegExp(`take the whole section out of ${PLACE}$`), section],
  [new RegExp(`^below ${PLACE} write: (.*)$`), (files, [path, line, text]) => splice(files, path, line, 1, 0, text)],
  [/^at the end of (\/\S+) write: (.*)$/, (files, [path, text]) => append(files, path, text)],
  [/^take the line (\S+) out of (\/\S+)$/, (files, [word, path]) => without(files, path, word)],
  [
    new RegExp(`^move ${PLACE} below the iface line of (\\S+)$`),
    (files, [path, line, iface]) => move(files, path, line, iface),
  ],
];

/** Files with the edit that a fix asks for, the last one where it leaves a choice; null where it says nothing of lines. */
export function applyFileFix(files: readonly ConfigFile[], fix: string): ConfigFile[] | null {
  const parts = fix.split('; ').map((part) => part.split(', or ').at(-1) ?? part);
  let now: ConfigFile[] | null = null;
  for (const part of parts) {
    for (const [form, edit] of EDITS) {
      const [whole, ...words] = form.exec(part) ?? [];
      if (whole !== undefined) now = edit(now ?? [...files], words);
    }
  }
  return now;
}

/** Replaces `count` lines from `line`, or those behind it, by a text with the indent of that line. */
function splice(files: ConfigFile[], path = '', line = '', behind = 0, count = 0, text?: string): ConfigFile[] {
  return edited(files, path, (lines) => {
    const at = Number(line) - 1;
    const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? '';
    lines.splice(at + behind, count, ...(text === undefined ? [] : [indent + text]));
  });
}

function section(files: ConfigFile[], [path = '', line = '']: string[]): ConfigFile[] {
  return edited(files, path, (lines) => {
    const next = lines.findIndex((one, index) => index >= Number(line) && one.startsWith('['));
    lines.splice(Number(line) - 1, (next < 0 ? lines.length : next) - Number(line) + 1);
  });
}

function append(files: ConfigFile[], path = '', text = ''): ConfigFile[] {
  return edited(files, path, (lines) => void lines.push(...text.split('\\n')));
}

function without(files: ConfigFile[], path = '', word = ''): ConfigFile[] {
  return edited(files, path, (lines) => {
    const at = lines.findIndex((line) => line.trim().startsWith(word));
    if (at >= 0) lines.splice(at, 1);
  });
}

function move(files: ConfigFile[], path = '', line = '', iface = ''): ConfigFile[] {
  return edited(files, path, (lines) => {
    const [moved = ''] = lines.splice(Number(line) - 1, 1);
    const at = lines.findIndex((one) => one.trim().startsWith(`iface ${iface} `));
    lines.splice(at + 1, 0, moved);
  });
}

function edited(files: ConfigFile[], path: string, edit: (lines: string[]) => void): ConfigFile[] {
  return files.map((file) => {
    if (file.path !== path) return file;
    const lines = file.text.split('\n');
    edit(lines);
    return { ...file, text: `${lines.join('\n').trimEnd()}\n` };
  });
}
