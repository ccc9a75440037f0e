import type { DoctorCheck } from '../model/doctor.ts';
import { failing, fine, warned } from './doctor-check.ts';

/** What `nft -c` said to a small ruleset with what ours are made of: null when it took it. */
export function judgeNft(refusal: string | null): DoctorCheck {
  if (refusal === null) return fine('nft', 'the kernel takes our kind of nftables rules');
  const fix = 'lodge setup; in a container or a virtual server ask for CAP_NET_ADMIN and the nf_tables modules';
  return failing('nft', 'the kernel does not take nftables rules', refusal, fix);
}

/** Content of /proc/sys/net/ipv4/ip_forward and ipv6/conf/all/forwarding; null where the family is absent. */
export function judgeForwarding(facts: { ipv4: string | null; ipv6: string | null }): DoctorCheck {
  const id = 'forwarding';
  const say = (value: string | null) => (value === null ? 'absent' : value === '0' ? 'off' : 'on');
  const detail = `For the whole host: IPv4 ${say(facts.ipv4)}, IPv6 ${say(facts.ipv6)}. Guests need neither: Lodge lets their taps and the uplink forward, where the kernel can, and the host where it cannot.`;
  if (facts.ipv4 === null) return failing(id, 'this kernel has no IPv4', detail, 'boot the Debian kernel');
  return fine(id, `the kernel can forward IPv4${facts.ipv6 === null ? '' : ' and IPv6'} for guests`, detail);
}

/** Switches of br_netfilter (`bridge-nf-call-iptables` …) and their values; null when the module is not loaded. */
export function judgeBridgeNetfilter(switches: Record<string, string> | null): DoctorCheck {
  const id = 'br-netfilter';
  if (switches === null) return fine(id, 'br_netfilter is not loaded: bridged frames pass no IP rules');
  const on = Object.keys(switches).filter((name) => switches[name] === '1');
  if (on.length === 0) return fine(id, 'br_netfilter is loaded and passes no frames to IP rules');
  const settings = on.map((name) => `net.bridge.${name}=0`);
  return warned(
    id,
    'frames on bridges pass the IP firewall (br_netfilter)',
    `On: ${on.join(', ')}. Docker and Kubernetes turn it on; guests on a bridge are then judged by their rules.`,
    `sysctl -w ${settings.join(' ')} && printf '%s\\n' ${settings.join(' ')} > /etc/sysctl.d/99-bridge-netfilter.conf`,
  );
}

export interface ForwardChainFacts {
  family: string;
  table: string;
  chain: string;
  policy: string;
  rules: string;
  hasDockerUser: boolean;
}

/** Beginning of the names of our taps: `plan/nat-guest-addressing.ts`. */
const TAPS = 'lg';

/** Every forward chain has to let a packet pass: an `accept` of ours does not overrule a drop elsewhere. */
export function judgeForwardPolicy(chains: ForwardChainFacts[]): DoctorCheck {
  const id = 'forward-policy';
  const dropping = chains.filter(
    (chain) => chain.policy === 'drop' && !chain.table.startsWith('lodge') && !letsTapsPass(chain.rules),
  );
  if (dropping.length === 0) return fine(id, 'no other firewall drops the packets of guests by default');
  const who = dropping.some((chain) => chain.hasDockerUser) ? 'Docker' : 'another firewall';
  const found = dropping.map((chain) => `${chain.family} ${chain.table} ${chain.chain}: policy drop`).join('; ');
  return warned(
    id,
    `${who} drops forwarded packets by default: guests do not reach the internet`,
    `${found}. The fix lasts until that firewall is loaded again: add the same rules to its own configuration.`,
    dropping.map(letTapsPass).join(' && '),
  );
}

/**
 *     iifname "lg*" counter packets 0 bytes 0 accept        as nft prints it, for rules of iptables-nft too
 *     -A FORWARD -i lg+ -j ACCEPT                           as iptables-legacy prints it
 */
function letsTapsPass(rules: string): boolean {
  const accepted = (name: string, option: string) =>
    new RegExp(`^\\s*${name} "${TAPS}\\*".* accept|${option} ${TAPS}\\+ -j ACCEPT`, 'm').test(rules);
  return accepted('iifname', '-i') && accepted('oifname', '-o');
}

function letTapsPass(chain: ForwardChainFacts): string {
  const byIptables = chain.chain === 'FORWARD' && chain.table.endsWith('filter') && chain.family !== 'inet';
  if (!byIptables) {
    const where = `${chain.family} ${chain.table} ${chain.chain}`;
    return ['iifname', 'oifname'].map((side) => `nft insert rule ${where} ${side} '"${TAPS}*"' accept`).join(' && ');
  }
  const legacy = chain.table.startsWith('legacy') ? '-legacy' : '';
  const program = `${chain.family === 'ip6' ? 'ip6tables' : 'iptables'}${legacy}`;
  const into = chain.hasDockerUser ? 'DOCKER-USER' : 'FORWARD';
  return ['-i', '-o'].map((side) => `${program} -I ${into} ${side} ${TAPS}+ -j ACCEPT`).join(' && ');
}
