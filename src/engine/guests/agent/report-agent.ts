import { parseIpv6 } from '../../../base/address.ts';
import { observeIpv6 } from '../../../host/ipv6-state.ts';
import type { AgentReport } from '../../../model/agent-report.ts';
import { type GuestSpec, guestCan } from '../../../model/guest.ts';
import type { GuestAgent } from '../../../qemu/guest-agent.ts';
import { type GuestDeps, layoutOfGuest } from '../guest-deps.ts';
import { readGuest } from '../guest-records.ts';

/** `show` waits this long, for all answers together. */
const REPORT_MS = 1_000;
const ADDRESSES_MAX = 32;
const TEXT_MAX = 120;

/** What the guest's agent says, beside what it should; null when there is none, or none that answers in time. Never rejects. */
export async function reportAgent(deps: Pick<GuestDeps, 'store' | 'layout' | 'agents'>, name: string) {
  const record = readGuest(deps.store, name);
  if (!guestCan(record.phase, 'exec')) return null;
  const call = { guest: name, socketPath: layoutOfGuest(deps.layout, record).agentSocket, timeoutMs: REPORT_MS };
  const deadline = performance.now() + REPORT_MS;
  const { spec } = record;
  // Where IPv6 is switched off the guest was told of no address.
  const told = (await observeIpv6()) === 'on' ? spec : { ...spec, nic: { ...spec.nic, ipv6: null } };
  return deps.agents.use(call, (agent) => ask(agent, told, deadline)).catch(() => null);
}

async function ask(agent: GuestAgent, spec: GuestSpec, deadline: number): Promise<AgentReport> {
  // A refusal leaves the others their turn; any other failure ends the conversation, and the rest is left out with it.
  const answer = async (command: string) => {
    const timeoutMs = Math.max(1, deadline - performance.now());
    return agent.execute(command, {}, { timeoutMs }).catch(() => null);
  };
  const host = asRecord(await answer('guest-get-host-name'));
  const os = asRecord(await answer('guest-get-osinfo'));
  const interfaces = await answer('guest-network-get-interfaces');
  const report = {
    hostName: text(host['host-name']),
    os: text(os['pretty-name']) ?? text(os.name),
    addresses: Array.isArray(interfaces) ? addressesOf(interfaces, spec.nic.mac) : null,
  };
  return { ...report, differences: differencesOf(report, spec) };
}

function addressesOf(interfaces: unknown[], mac: string): string[] {
  const all = interfaces.map(asRecord);
  const nic = all.find((one) => text(one['hardware-address'])?.toLowerCase() === mac.toLowerCase());
  const listed = nic?.['ip-addresses'];
  if (!Array.isArray(listed)) return [];
  const addresses = listed.flatMap((one) => text(asRecord(one)['ip-address']) ?? []);
  return addresses
    .filter((address) => /^[0-9a-f.:]+$/i.test(address) && !/^fe80:/i.test(address))
    .slice(0, ADDRESSES_MAX);
}

function differencesOf({ hostName, addresses }: Omit<AgentReport, 'differences'>, { name, nic }: GuestSpec): string[] {
  const differences: string[] = [];
  for (const wanted of [nic.ipv4, nic.ipv6]) {
    if (wanted === null || addresses === null || addresses.some((one) => sameAddress(one, wanted))) continue;
    differences.push(`the guest does not have the address ${wanted}`);
  }
  if (hostName !== null && hostName.split('.')[0] !== name) differences.push(`the guest calls itself ${hostName}`);
  return differences;
}

function sameAddress(said: string, wanted: string): boolean {
  const canonical = parseIpv6(said);
  return said === wanted || (canonical.ok && canonical.value === wanted);
}

/** A word of the guest's for a terminal: one line, without control characters, of a bounded length. */
function text(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const clean = value
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX);
  return clean === '' ? null : clean;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
