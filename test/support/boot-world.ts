import assert from 'node:assert/strict';
import { observeNetwork } from '../../src/engine/network/observe.ts';
import { provePlan } from '../../src/engine/network/prove-plan.ts';
import type { HostConfig } from '../../src/model/host-config.ts';
import type { NetworkFacts } from '../../src/model/network-facts.ts';
import type { NetworkPlan, Proof, ProofCheck } from '../../src/model/network-plan.ts';
import { type Boot, bootIn } from '../../src/twin/boot/boot.ts';
import { INTERFACES } from './interfaces-corpus.ts';
import type { Namespaces } from './netns.ts';
import type { NetworkFixture } from './network-fixtures.ts';
import { TWIN_HOST, twinFacts } from './twin-host.ts';

/** One supposition about the provider is enough here: what is tried is the boot. */
export const BOOT_HOST: HostConfig = { ...TWIN_HOST, provider: 'generic', ipv6: null, extraIpv4: [] };

export const DELIVERED = `auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 192.0.2.200/26
    gateway 192.0.2.193
`;

let hosts = 0;

/** A host of its own with one cable, on which Debian's own ifup has run with this /etc/network/interfaces. */
export async function bootedHost(
  spaces: Namespaces,
  text: string,
  { limitSec, leases = {} }: { limitSec?: number; leases?: Record<string, string[]> } = {},
): Promise<{ boot: Boot; place: string }> {
  const { uplink } = BOOT_HOST;
  hosts += 1;
  const [place, wire] = [`h${hosts}`, `w${hosts}`];
  await spaces.add(place);
  await spaces.add(wire);
  await spaces.connect(place, uplink.name, wire, 'w0');
  await spaces.ip(place, [`link set ${uplink.name} down address ${uplink.mac}`]);
  const host = {
    owner: 'ifupdown' as const,
    files: [{ path: INTERFACES, text, mode: 0o644 }],
    leases,
    hardware: [{ name: uplink.name, permanentMac: uplink.mac }],
  };
  return { place, boot: await bootIn(spaces.nameOf(place), host, limitSec) };
}

/** A server as it is after its first boot with this /etc/network/interfaces. */
export async function deliveredHost(spaces: Namespaces, text: string): Promise<NetworkFixture & { boot: Boot }> {
  const { boot, place } = await bootedHost(spaces, text);
  const seen = await observeNetwork({ root: '/nonexistent', namespace: spaces.nameOf(place) });
  const { services, abilities } = twinFacts();
  const files = [{ path: INTERFACES, text, mode: 0o644 }];
  return { name: place, host: BOOT_HOST, facts: { ...seen, services, abilities, files }, boot };
}

export function prove(facts: NetworkFacts, plan: NetworkPlan): Promise<Proof> {
  return provePlan({ plan, facts, nowMs: Date.now, onProgress: () => {} });
}

export function redsOf({ runs }: Proof): ProofCheck[] {
  return runs.flatMap(({ checks }) => checks).filter(({ isGreen }) => !isGreen);
}

/** What the plan makes of /etc/network/interfaces. */
export function interfacesOf(plan: NetworkPlan): string {
  const text = plan.files.find(({ path }) => path === INTERFACES)?.after;
  assert.ok(text);
  return text;
}

/** The same plan, with a fault in the file that it writes. */
export function withFault(plan: NetworkPlan, edit: (text: string) => string): NetworkPlan {
  const before = interfacesOf(plan);
  const after = edit(before);
  assert.notEqual(after, before);
  return { ...plan, files: plan.files.map((file) => (file.path === INTERFACES ? { ...file, after } : file)) };
}
