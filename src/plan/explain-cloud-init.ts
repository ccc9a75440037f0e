import { findLine } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';

const OFF = "printf 'network: {config: disabled}\\n' > /etc/cloud/cloud.cfg.d/99-disable-network-config.cfg";

/** cloud-init writes the network's files anew for each new instance; some sources of data count every boot as one. */
export const cloudInitOverwrites: ExplainRule = {
  id: 'cloud-init-overwrites',
  judge({ facts }) {
    if (facts.services.cloudInit === 'absent') return [];
    const written = facts.files.filter(({ path }) => /\/50-cloud-init(\.|$)/.test(path));
    const isOff = findLine(facts, /network:\s*\{\s*config:\s*["']?disabled["']?\s*\}/) ?? findNestedOff(facts.files);
    const [file] = written;
    if (file === undefined || isOff !== null) return [];
    const directory = file.path.slice(0, file.path.lastIndexOf('/'));
    const others = facts.files.filter(({ path }) => path !== file.path && path.startsWith(`${directory}/`));
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
        fix: OFF,
      },
    ];
  },
};

/** The same in two lines of YAML. */
function findNestedOff(files: readonly { path: string; text: string }[]) {
  return (
    files.find(
      ({ path, text }) => path.startsWith('/etc/cloud/') && /^network:\s*\n\s+config:\s*["']?disabled/m.test(text),
    ) ?? null
  );
}
