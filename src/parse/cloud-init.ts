import { isAlias, isMap, isScalar, type Node } from 'yaml';
import { readYaml } from '../base/bounded-yaml.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import type { NetworkText } from './networkd-files.ts';

/** cloud-init's hand in the network of a host. */
export interface CloudInitHand {
  /** It writes the network's files, and will do so again. */
  ownsNetwork: boolean;
  /** What says so, and what says that it is kept from it. */
  evidence: (SourceSpot & { text: string })[];
  /** The command that keeps it from it. */
  disable: string;
  /** The same as a file, for a plan that writes it. */
  disableFile: NetworkText;
}

/** Files that cloud-init's renderers write. */
const WRITTEN = [
  /^\/etc\/netplan\/50-cloud-init\.yaml$/,
  /^\/etc\/network\/interfaces\.d\/50-cloud-init(?:\.cfg)?$/,
  /^\/etc\/systemd\/network\/\d+-cloud-init-.*\.network$/,
  /^\/etc\/NetworkManager\/system-connections\/cloud-init-.*\.nmconnection$/,
];
/** The first words of what cloud-init writes above each of them, whoever moved the file since. */
const HEADING = /^# *(?:This file is generated from information provided by|Created by cloud-init)/m;

const DISABLE_FILE: NetworkText = {
  path: '/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg',
  text: 'network: {config: disabled}\n',
};

/**
 * Whether cloud-init owns the network's files. It does where there are files of its writing and nothing says `network: {config:
 * disabled}`; the last of cloud.cfg and cloud.cfg.d/*.cfg that says anything of `network` counts. `/etc/cloud/cloud-init.disabled` stops
 * it altogether. What is on the kernel's command line is not seen here.
 */
export function cloudInitHand(files: readonly NetworkText[]): CloudInitHand {
  const written = files.flatMap((file) => evidenceOfWriting(file) ?? []);
  const settings = files.filter(({ path }) => isSetting(path)).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  const said = settings.flatMap((file) => networkSetting(file) ?? []);
  const last = said.at(-1);
  const stopped = files.find(({ path }) => path === '/etc/cloud/cloud-init.disabled');
  const isDisabled = last?.isDisabled === true || stopped !== undefined;
  return {
    ownsNetwork: written.length > 0 && !isDisabled,
    evidence: [
      ...written,
      ...(last === undefined ? [] : [last.evidence]),
      ...(stopped === undefined ? [] : [{ path: stopped.path, line: 1, text: 'cloud-init does not run at all' }]),
    ],
    disable: `printf '%s\\n' '${DISABLE_FILE.text.trim()}' > ${DISABLE_FILE.path}`,
    disableFile: DISABLE_FILE,
  };
}

function evidenceOfWriting({ path, text }: NetworkText): (SourceSpot & { text: string }) | null {
  const heading = HEADING.exec(text);
  if (heading !== null && path.startsWith('/etc/') && !path.startsWith('/etc/cloud/')) {
    const line = text.slice(0, heading.index).split('\n').length;
    return { path, line, text: (text.split('\n')[line - 1] ?? '').trim() };
  }
  return WRITTEN.some((pattern) => pattern.test(path))
    ? { path, line: 1, text: 'a file of cloud-init by its name' }
    : null;
}

function isSetting(path: string): boolean {
  return path === '/etc/cloud/cloud.cfg' || /^\/etc\/cloud\/cloud\.cfg\.d\/[^/]+\.cfg$/.test(path);
}

/** cloud.cfg first, then those of the directory by name. */
function order({ path }: NetworkText): string {
  return path === '/etc/cloud/cloud.cfg' ? '' : path;
}

/**
 * What a file says of `network`; null where it says nothing or is no YAML, which cloud-init passes over too, and where it is more of it
 * than a setting ever is.
 */
function networkSetting({
  path,
  text,
}: NetworkText): { isDisabled: boolean; evidence: SourceSpot & { text: string } } | null {
  const { document, lines, fault, targetOf } = readYaml(text, { schema: 'failsafe' });
  if (fault !== null || document.errors.length > 0 || !isMap(document.contents)) return null;
  const pair = document.contents.items.find(({ key }) => isScalar(key) && key.value === 'network');
  if (pair === undefined) return null;
  const { line } = lines.linePos((pair.key as Node).range?.[0] ?? 0);
  const value = isAlias(pair.value) ? targetOf(pair.value) : pair.value;
  const config: unknown = isMap(value) ? value.get('config') : null;
  return {
    isDisabled: config === 'disabled',
    evidence: { path, line, text: (text.split('\n')[line - 1] ?? '').trim() },
  };
}
