import { shellWord } from '../base/quoting/shell-word.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { NetworkOwner } from '../model/network-intent.ts';
import { parseInterfaces } from '../parse/interfaces.ts';
import { interfacesRefusal } from '../parse/interfaces-inherit.ts';
import { connectionOf, spotWords } from './explain-edit.ts';
import type { ExplainRule, FindingWords } from './explain-rule.ts';
import { linkNamed, type NetworkScene } from './network-scene.ts';

/** What runs by somebody's hand, from a stanza that no boot brings up. */
export const linkNotAutomatic: ExplainRule = {
  id: 'link-not-automatic',
  judge(scene) {
    const told = new Set<string>();
    return scene.intent.byHand.stanzas.flatMap((stanza) => {
      if (told.has(stanza.name) || !isInUse(scene, stanza.link)) return [];
      told.add(stanza.name);
      return [notAutomatic(scene, stanza)];
    });
  },
};

/** An address of the link that runs stands in a stanza that nobody brings up, or the whole link is made by one. */
function isInUse({ facts, intent }: NetworkScene, link: string): boolean {
  const has = intent.byHand.addresses.some(
    (one) =>
      one.link === link && facts.addresses.some(({ address, link: on }) => address === one.address && on === link),
  );
  return (
    has ||
    (linkNamed(facts, link)?.kind === 'bridge' && intent.links.some((one) => one.name === link && !one.isAutomatic))
  );
}

function notAutomatic(
  { facts, owner, outside, uplink }: NetworkScene,
  { name, link, spot }: NetworkScene['intent']['byHand']['stanzas'][number],
): FindingWords {
  const isOutside = link === outside?.name || link === uplink?.name;
  return {
    level: isOutside ? 'alarm' : 'surprise',
    what: `nothing brings ${name} up at the next boot`,
    cause: `${spotWords(spot)} configures it, and ${WHY[owner]}: it was brought up by hand.`,
    consequence: isOutside
      ? 'the host runs on what is configured now, and cannot be reached after a boot.'
      : `after the next boot ${link} is without what stands there.`,
    fix: FIXES[owner](name, spot.path, facts),
  };
}

const INTERFACES_WORDS = 'no `auto` line names it, nor an `allow-hotplug` line for a link that appears by itself';

const WHY: Record<NetworkOwner, string> = {
  ifupdown: INTERFACES_WORDS,
  ifupdown2: INTERFACES_WORDS,
  networkd: 'its ActivationPolicy= leaves it down',
  netplan: 'its activation-mode leaves it down',
  'network-manager': 'its autoconnect is false',
  none: 'nothing brings it up',
};

const FIXES: Record<NetworkOwner, (name: string, path: string, facts: NetworkFacts) => string> = {
  ifupdown: (name, path) => `at the end of ${path} write: auto ${name}`,
  ifupdown2: (name, path) => `at the end of ${path} write: auto ${name}`,
  networkd: (_name, path) => `take the line ActivationPolicy= out of ${path}`,
  netplan: (_name, path) => `take the line activation-mode: out of ${path}`,
  'network-manager': (name, path, facts) =>
    `nmcli connection modify ${shellWord(connectionOf(facts, path) ?? name)} connection.autoconnect yes`,
  none: () => 'let a program bring it up at boot',
};

/** One mistake in its first file, and ifupdown brings up nothing at all. */
export const filesRefused: ExplainRule = {
  id: 'files-refused',
  judge({ facts, owner }) {
    if (owner !== 'ifupdown') return [];
    const problem = interfacesRefusal(parseInterfaces(facts.files, '/etc/network/interfaces'));
    if (problem === null) return [];
    return [
      {
        level: 'alarm',
        what: `ifupdown refuses ${problem.spot.path} for its line ${problem.spot.line}: ${problem.text}`,
        cause: `${problem.rule}.`,
        consequence:
          'one mistake in that file, and ifup brings up nothing: the host has no network after the next boot.',
        fix: `mend the line, or take out ${spotWords(problem.spot)}`,
      },
    ];
  },
};
