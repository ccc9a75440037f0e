import type { ExplainRule, FindingWords } from './explain-rule.ts';
import { otherProvider } from './import-host.ts';
import { onlyMode } from './import-ipv6.ts';
import { readSituation } from './layout/situation.ts';
import type { NetworkScene } from './network-scene.ts';
import { guessProvider } from './provider-guess.ts';

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

/** What host.yaml says of the provider, against the provider's own ways and against the signs on the host. */
export const providerDoubtful: ExplainRule = {
  id: 'provider-doubtful',
  judge: (scene) => [...otherMode(scene), ...otherSigns(scene)],
};

function otherMode({ host, provider }: NetworkScene): FindingWords[] {
  const only = host?.ipv6 == null || provider === null ? null : onlyMode(host.ipv6, provider);
  if (only === null) return [];
  return [
    {
      level: 'surprise',
      what: `host.yaml says ipv6.mode: ${host?.ipv6?.mode}, and ${provider?.title} delivers every prefix as ${only}`,
      cause: 'it was supposed before the provider was known, or host.yaml has a mistake.',
      consequence:
        'plans are made for what host.yaml says: guests may have no IPv6, and unused addresses may go in circles.',
      fix: `write mode: ${only} into host.yaml: lodge net import --replace does`,
    },
  ];
}

function otherSigns({ facts, intent, host }: NetworkScene): FindingWords[] {
  if (host === null || host.provider === 'generic') return [];
  const guess = guessProvider(facts, intent);
  if (guess.provider === 'generic' || guess.provider === host.provider) return [];
  const { id: _id, ...words } = otherProvider(host.provider, guess);
  return [words];
}

/** Which of the two is right nobody knows: rules that depend on it are silent. */
export function isModeDoubtful({ host, provider }: NetworkScene): boolean {
  return host?.ipv6 != null && provider !== null && onlyMode(host.ipv6, provider) !== null;
}
