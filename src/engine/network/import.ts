import { LodgeError } from '../../base/errors.ts';
import { diffLines } from '../../base/line-diff.ts';
import { readIfPresent } from '../../host/files.ts';
import type { HostImport, ImportHost } from '../../model/host-import.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import { importHost } from '../../plan/import-host.ts';
import { mergeHost } from '../../plan/merge-host.ts';
import { intentOf } from '../../plan/network-intent.ts';
import { renderHostYaml, updateHostYaml } from '../../render/host-yaml.ts';
import { hostFileOf, parseHostText, writeHostFile } from './host-file.ts';

/**
 * Tells what the provider gave this host and, when asked to, writes it down. A host.yaml that is there keeps what its owner added and
 * every comment; where it says something else than what was found it is only written over with `replace`.
 *
 * @throws STATE_REFUSED with the difference, VALIDATION_FAILED of the host.yaml that is there, PLAN_REFUSED without an uplink
 */
export async function importNetwork(layout: Layout, facts: NetworkFacts, request: ImportHost): Promise<HostImport> {
  const path = hostFileOf(layout);
  const before = await readIfPresent(path);
  const existing = before === null ? null : readExisting(path, before, request.replace === true);
  const found = importHost(facts, intentOf(facts), existing);
  const config = existing === null ? found.config : mergeHost(existing, found.config);
  const text =
    existing === null || before === null ? renderHostYaml(config, found.reasons) : updateHostYaml(before, config);
  // What was found may break a rule that the owner has to judge: a gateway in an extra subnet.
  parseHostText(path, text);
  const state = before === null ? 'new' : before === text ? 'same' : 'changed';
  const difference = state === 'changed' ? changedLines(before ?? '', text) : [];
  if (request.write === true && state === 'changed' && request.replace !== true) throw otherHost(path, difference);
  const written = request.write === true && state !== 'same';
  if (written) await writeHostFile(layout, text, before);
  const { reasons, findings, notUnderstood } = found;
  return { path, config, text, reasons, findings, notUnderstood, written, state, difference };
}

/** null where it is of no use and may be replaced. */
function readExisting(path: string, text: string, mayReplace: boolean) {
  try {
    return parseHostText(path, text);
  } catch (error) {
    if (mayReplace) return null;
    throw error;
  }
}

function otherHost(path: string, difference: readonly string[]): LodgeError {
  const lines = difference.map((line) => `\n  ${line}`).join('');
  return new LodgeError('STATE_REFUSED', `${path} says something else than what was found:${lines}`, {
    hint: 'to write what was found, and keep your extra addresses and comments: lodge net import --replace',
  });
}

function changedLines(before: string, after: string): string[] {
  return diffLines(before, after).flatMap(({ mark, text }) => (mark === ' ' ? [] : [`${mark} ${text}`]));
}
