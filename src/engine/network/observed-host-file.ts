import type { NetworkFacts } from '../../model/network-facts.ts';
import { type HostYaml, parseHostYaml } from '../../parse/host-yaml.ts';

/** Where the facts have it, whatever the root they were read below. */
export const HOST_FILE = '/etc/lodge/host.yaml';

/** What host.yaml said when the facts were read; null where it was not there. */
export function observedHostFile({ files }: Pick<NetworkFacts, 'files'>): HostYaml | null {
  const file = files.find(({ path }) => path === HOST_FILE);
  return file === undefined ? null : parseHostYaml(file.text);
}
