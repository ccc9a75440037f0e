import type { ConfigFile } from '../../model/network-facts.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';

/** The configuration files as they will be once the plan is confirmed. */
export function filesAfter({ files }: Pick<NetworkPlan, 'files'>, now: readonly ConfigFile[]): ConfigFile[] {
  const changed = new Map(files.map((file) => [file.path, file]));
  const kept = now.filter(({ path }) => !changed.has(path));
  const written = files.flatMap(({ path, after, mode }) => (after === null ? [] : [{ path, text: after, mode }]));
  return [...kept, ...written].sort((a, b) => (a.path < b.path ? -1 : 1));
}
