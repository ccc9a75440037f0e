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
