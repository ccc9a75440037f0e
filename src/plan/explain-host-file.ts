import type { ExplainRule } from './explain-rule.ts';
import { readSituation } from './layout/situation.ts';

/** host.yaml and the host contradict each other. A wrong MAC has a finding of its own, which says on whose side the mistake is. */
export const hostFileDiffers: ExplainRule = {
  id: 'host-file-differs',
  judge({ facts, host, owner }) {
    const reading = host === null ? null : readSituation(facts, host, owner);
    if (reading === null || reading.ok) return [];
    return reading.problems
      .filter(({ path }) => path !== 'uplink.mac')
      .map(({ path, rule, value }) => ({
        level: 'alarm',
        what: `${path} of host.yaml is ${value}, and ${rule}`,
        cause: 'the network was changed since host.yaml was written, or host.yaml has a mistake.',
        consequence: 'no layout can be planned: Lodge does not know which of the two the provider gave.',
        fix: 'write into host.yaml what the provider gave; where the running network is right: lodge net import --replace',
      }));
  },
};
