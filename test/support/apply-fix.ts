import assert from 'node:assert/strict';
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
  [/^in (\/\S+), below `iface (\S+)`: (.*)$/, (files, [path, link, text]) => stanza(files, path, link, text)],
  [/^in (\/\S+\.netdev): (.*)$/, (files, [path, text]) => netdev(files, path, text)],
  [/^in (\/\S+\.yaml), at (\S+): (.*)$/, (files, [path, link, text]) => netplan(files, path, link, text)],
  [/^nmcli connection modify (\S+) (.*)$/, (files, [id, text]) => keyfile(files, id, text)],
  [/^take (\S+) out of the ports of (\S+) in the files$/, (files, [port, bridge]) => unplug(files, port, bridge)],
  [new RegExp(`^take the word out of ${PLACE}`), (files, [path, line]) => splice(files, path, line, 0, 1)],
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

/** Whether it says what to do to a file, in words that `applyFileFix` knows. */
export function isFileEdit(text: string): boolean {
  return EDITS.some(([form]) => form.test(text));
}

/** `bridge_stp off, bridge_fd 0` in the first stanza of a link: each in the place of a line with the same word, for two are refused. */
function stanza(files: ConfigFile[], path = '', link = '', text = ''): ConfigFile[] {
  return edited(files, path, (lines) => {
    const start = lines.findIndex((line) => new RegExp(`^\\s*iface ${link} `).test(line));
    assert.ok(start >= 0, `${path} has no stanza of ${link}`);
    for (const option of text.split(', ')) {
      const [key = ''] = option.split(' ');
      const next = lines.findIndex((line, at) => at > start && /^\s*(iface|auto|allow-|mapping|source)/.test(line));
      const end = next < 0 ? lines.length : next;
      const old = lines.findIndex((line, at) => at > start && at < end && line.trim().startsWith(`${key} `));
      lines.splice(old < 0 ? start + 1 : old, old < 0 ? 0 : 1, `    ${option}`);
    }
  });
}

/** `[Bridge] STP=no ForwardDelaySec=0` */
function netdev(files: ConfigFile[], path = '', text = ''): ConfigFile[] {
  const [section = '', ...entries] = text.split(' ');
  return edited(files, path, (lines) => {
    for (const entry of entries) {
      if (!lines.includes(section)) lines.push(section);
      const start = lines.indexOf(section);
      const next = lines.findIndex((line, at) => at > start && line.startsWith('['));
      const key = `${entry.split('=')[0]}=`;
      const end = next < 0 ? lines.length : next;
      const old = lines.findIndex((line, at) => at > start && at < end && line.startsWith(key));
      lines.splice(old < 0 ? start + 1 : old, old < 0 ? 0 : 1, entry);
    }
  });
}

/** `macaddress: …` below the link's own line, in the place of what has that key there. */
function netplan(files: ConfigFile[], path = '', link = '', text = ''): ConfigFile[] {
  const indentOf = (line = '') => /^ */.exec(line)?.[0].length ?? 0;
  return edited(files, path, (lines) => {
    const at = lines.findIndex((line) => line.trim() === `${link}:`);
    assert.ok(at >= 0, `${path} has no ${link}`);
    const inner = ' '.repeat(indentOf(lines[at + 1]));
    const key = `${inner}${text.split(':')[0]}:`;
    const past = lines.findIndex((line, index) => index > at && indentOf(line) <= indentOf(lines[at]));
    const old = lines.findIndex((line, index) => index > at && (past < 0 || index < past) && line.startsWith(key));
    if (old >= 0) {
      const behind = lines.findIndex((line, index) => index > old && indentOf(line) <= inner.length);
      lines.splice(old, (behind < 0 ? lines.length : behind) - old);
    }
    lines.splice(at + 1, 0, `${inner}${text}`);
  });
}

/** `bridge.stp no bridge.forward-delay 0` of the connection with that id, as nmcli writes it into its keyfile. */
function keyfile(files: ConfigFile[], id = '', text = ''): ConfigFile[] {
  const file = files.find((one) => one.text.split('\n').includes(`id=${id}`));
  assert.ok(file !== undefined, `no connection is called ${id}`);
  const words = text.split(' ');
  const settings = words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ''] as const] : []));
  return settings.reduce((now, [name, value]) => {
    const [section = '', key = ''] = name.split('.');
    const written = value === 'no' ? 'false' : value === 'yes' ? 'true' : value;
    return netdev(now, file.path, `[${section}] ${key}=${written}`);
  }, files);
}

function unplug(files: ConfigFile[], port = '', bridge = ''): ConfigFile[] {
  const at = new RegExp(`^(\\s*bridge[-_]ports\\b.*?) ${port}\\b`, 'm');
  assert.ok(
    files.some(({ text }) => text.includes(`iface ${bridge}`) && at.test(text)),
    `${port} is no port of ${bridge} in a file`,
  );
  return files.map((file) => ({ ...file, text: file.text.replace(at, '$1') }));
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
