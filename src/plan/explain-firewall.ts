import { settingFix } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { isOthersBridge, type NetworkScene, portsOf } from './network-scene.ts';

export const forwardPolicyDrop: ExplainRule = {
  id: 'forward-policy-drop',
  judge(scene) {
    const dropping = droppingChains(scene);
    if (dropping.length === 0) return [];
    const { hasDocker } = scene.facts.firewall;
    const named = dropping.map(({ family, table, name }) => `${family} ${table} ${name}`);
    return [
      {
        level: 'surprise',
        what: `${hasDocker ? 'Docker' : 'a firewall'} drops forwarded packets by default (${named.join('; ')}: policy drop)`,
        cause: hasDocker
          ? 'Docker sets the policy of FORWARD to DROP when it turns forwarding on, for the whole host and not only for its containers.'
          : 'another program or the owner loaded these rules.',
        consequence:
          'every chain has to let a packet pass: one `accept` elsewhere does not overrule it. Guests have no internet unless a rule of that ' +
          'chain lets them pass; whether one does, lodge doctor says, and prints the rules.',
        // The policy stays, and is right to: which rules guests need lodge doctor knows.
        fix: null,
      },
    ];
  },
};

/** br_netfilter: frames between the ports of a bridge pass the IP firewall. */
export const bridgedFramesFiltered: ExplainRule = {
  id: 'bridged-frames-filtered',
  judge(scene) {
    const { facts } = scene;
    const switches = ['iptables', 'ip6tables', 'arptables'].map((name) => `net/bridge/bridge-nf-call-${name}`);
    const on = switches.filter((path) => facts.sysctls[path] === '1');
    const bridges = facts.links.filter(
      (link) => link.kind === 'bridge' && !isOthersBridge(link) && portsOf(facts, link.name).length > 0,
    );
    if (on.length === 0 || bridges.length === 0) return [];
    const drops = droppingChains(scene).length > 0;
    return [
      {
        level: drops ? 'alarm' : 'surprise',
        what: `frames on ${bridges.map(({ name }) => name).join(', ')} pass the IP firewall (${on.map((path) => path.replace('net/bridge/', '')).join(', ')})`,
        cause:
          'the module br_netfilter is loaded: Docker and Kubernetes do so, and its switches are on from the start.',
        consequence: drops
          ? 'the firewall drops forwarded packets by default: guests on the bridge get a link and no packets, in silence.'
          : 'rules that were written for routed packets judge bridged ones too; a policy of drop would cut guests off in silence.',
        fix: settingFix(on.map((path) => `${path.replaceAll('/', '.')}=0`)),
      },
    ];
  },
};

function droppingChains({ facts }: NetworkScene) {
  return facts.firewall.chains.filter(
    ({ hook, policy, table, family }) =>
      hook === 'forward' && policy === 'drop' && family !== 'bridge' && !table.startsWith('lodge'),
  );
}
