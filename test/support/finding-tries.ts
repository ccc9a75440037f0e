/**
 * How it is proven that the fix of a finding ends it. `files`: test/finding-fixes.test.ts does to files what it says. `facts`:
 * test/finding-ways.test.ts does its commands and edits to facts. `namespace`: test/network/finding-commands.test.ts has a shell run
 * its commands in a network namespace where the finding is.
 */
type Way = 'files' | 'facts' | 'namespace';

/** A finding with none says why: it has no fix, or one that nobody can do for its reader. */
export const FINDING_TRIES: Record<string, readonly Way[] | string> = {
  'address-not-in-files': ['facts', 'namespace'],
  'address-not-running': ['files', 'facts', 'namespace'],
  'address-on-port': ['facts', 'namespace'],
  'advertisements-stopped': ['facts', 'namespace'],
  'arp-answers-internal': ['facts', 'namespace'],
  'bridge-dummy-port': ['facts'],
  'bridge-mac-not-pinned': ['facts'],
  'bridge-mac-not-uplinks': ['facts', 'namespace'],
  'bridge-without-ports': ['facts'],
  'bridged-frames-filtered': ['facts', 'namespace'],
  'broadcast-outside-prefix': ['namespace'],
  'cloud-init-overwrites': ['facts'],
  'default-route-astray': ['facts', 'namespace'],
  'default-route-missing': ['facts', 'namespace'],
  'default-route-on-bridge': 'no fix: it must be so',
  'default-routes-equal': ['facts', 'namespace'],
  'files-not-understood': 'no fix: the line is kept as it is',
  'files-refused': ['files'],
  'foreign-mac-bridged': ['facts', 'namespace'],
  'forward-policy-drop': 'no fix: what guests need lodge doctor says',
  'gateway-not-on-link': ['files', 'facts', 'namespace'],
  'guard-missing': 'the guard comes with a plan: test/network/twin-layouts.test.ts applies it',
  'guard-stopped-frames': 'who sends with a foreign MAC has to be found by the reader',
  'host-config-unreadable': 'mistakes in a YAML file are mended by whoever wrote them',
  'host-file-differs': ['facts'],
  'isolated-customers-route': 'no fix: it does what it is for',
  'link-local-not-of-mac': ['facts', 'namespace'],
  'link-not-automatic': ['files', 'facts'],
  'neighbours-unreachable': ['facts', 'namespace'],
  'never-stop-networking': 'no fix: it warns of a command',
  'own-mac-returns': ['facts', 'namespace'],
  'owner-missing': ['facts'],
  'owner-twice': ['facts'],
  'provider-doubtful': ['facts'],
  'proxy-arp-on-uplink': ['facts', 'namespace'],
  'proxy-entry-missing': ['facts', 'namespace'],
  'route-names-missing-link': ['files'],
  'route-names-port': ['files', 'facts'],
  'route-not-in-files': ['facts', 'namespace'],
  'route-not-running': ['files', 'facts', 'namespace'],
  'stp-on': ['facts', 'namespace'],
  'strict-reverse-path': ['facts', 'namespace'],
  'unused-addresses-loop': ['facts', 'namespace'],
  'uplink-mac-changed': ['facts'],
  'uplink-without-address': 'no fix: it must be so',
  'vlan-mtu': ['facts'],
  // Of lodge net import.
  'ipv4-without-gateway': ['facts'],
  'ipv6-without-gateway': ['facts'],
  'main-address-private': 'no fix: it may be so',
  'provider-unknown': ['facts'],
  'second-uplink': ['facts'],
  // Of a plan.
  'bridge-without-virtual-macs': 'virtual MACs are ordered from the provider',
  'bridged-guests-without-ipv6': 'no fix: the provider routes the prefix so',
  'command-stays-with-port': 'a command that Lodge does not know is looked at by whoever wrote it',
  'subnet-costs-three-addresses': 'no fix: a network on a bridge has them',
  'virtual-mac-needs-a-bridge': 'the provider takes a virtual MAC off',
};

export function triedBy(way: Way): string[] {
  return Object.keys(FINDING_TRIES).filter(
    (id) => FINDING_TRIES[id]?.includes(way) && Array.isArray(FINDING_TRIES[id]),
  );
}
