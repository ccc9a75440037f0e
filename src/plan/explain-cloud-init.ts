import { cloudInitHand } from '../parse/cloud-init.ts';
import type { ExplainRule } from './explain-rule.ts';

/** cloud-init writes the network's files anew for each new instance; some sources of data count every boot as one. */
export const cloudInitOverwrites: ExplainRule = {
  id: 'cloud-init-overwrites',
  judge({ facts }) {
    const { ownsNetwork, evidence, disable } = cloudInitHand(facts.files);
    const [file] = evidence;
    if (facts.services.cloudInit === 'absent' || !ownsNetwork || file === undefined) return [];
    const directory = file.path.slice(0, file.path.lastIndexOf('/') + 1);
    const written = new Set(evidence.map(({ path }) => path));
    const others = facts.files.filter(({ path }) => !written.has(path) && path.startsWith(directory));
    return [
      {
        level: others.length > 0 ? 'surprise' : 'note',
        what: `${file.path} belongs to cloud-init, which may write it anew`,
        cause:
          'cloud-init writes the network at the first boot of an instance, and with some providers at every boot; nothing tells it not to.',
        consequence:
          others.length > 0
            ? `it and ${others.map(({ path }) => path).join(', ')} are read together: what cloud-init writes comes back beside what you wrote.`
            : 'what is edited there can be gone after a boot.',
        fix: disable,
      },
    ];
  },
};
