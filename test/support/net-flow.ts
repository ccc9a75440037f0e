import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { NetworkPlan, NetworkStatus, Proof, ProofCheck } from '../../src/model/network-plan.ts';
import type { HostOnWire } from './host-on-wire.ts';

/** What the owner of a host types, step by step, and what has to come of it. */

/** A proof is some hundred small programs, each of which takes a second when the machine is emulated and busy. */
const PROOF_LIMIT_MS = 2_400_000;

/** A command of the Lodge in there with `--json`; fails with what it said unless it ended with 0. */
export async function lodgeJson<T>(host: HostOnWire, words: string): Promise<T> {
  return JSON.parse(await host.run(`lodge ${words} --json`)) as T;
}

export const planLayout = (host: HostOnWire, layout: string): Promise<NetworkPlan> =>
  lodgeJson(host, `net plan --layout ${layout}`);

export const networkStatus = (host: HostOnWire): Promise<NetworkStatus> => lodgeJson(host, 'net status');

/** Proves a plan in there. Returns the red checks, each with what was supposed of the provider. */
export async function redChecks(host: HostOnWire, number: number): Promise<ProofCheck[]> {
  const { stdout, stderr } = await host.ssh(`lodge net prove ${number} --json`, { timeoutMs: PROOF_LIMIT_MS });
  assert.match(stdout, /^\{"plan"/, `${stdout}${stderr}`);
  const { runs } = JSON.parse(stdout) as Proof;
  assert.ok(runs.length > 0 && runs.every(({ checks }) => checks.length > 5), stdout);
  return runs.flatMap(({ modes, checks }) =>
    checks.filter(({ isGreen }) => !isGreen).map((check) => ({ ...modes, ...check })),
  );
}

export interface Applied {
  token: string;
  /** How `apply` ended, and all it said. */
  ended: Promise<{ code: number | null; said: string }>;
}

/** `lodge net apply` over a connection of its own, until it asks for the confirmation. */
export function applyUntilAsked(host: HostOnWire, words: string): Promise<Applied> {
  const child = host.start(`lodge net apply ${words}`);
  let said = '';
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      said += chunk;
      const token = /The new network runs[\s\S]*lodge net confirm (\S+)\n/.exec(said)?.[1];
      if (token !== undefined) resolve({ token, ended });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    void ended.then(() => reject(new Error(`lodge net apply ${words} ended before it asked: ${said}`)));
  });
}

/**
 * Applies, comes back in over a new connection, and confirms there. Unproven: a proof takes minutes in an emulated machine, and its bound on
 * lost pings is none for one whose every program takes a second.
 */
export async function applyAndConfirm(host: HostOnWire, number: number): Promise<void> {
  const { token, ended } = await applyUntilAsked(host, `${number} --unproven --confirm-within 10min`);
  await host.run(`lodge net confirm ${token}`);
  const { code, said } = await ended;
  assert.equal(code, 0, said);
}

/** Runs something with pings from both internets throughout, and says what was lost. */
export async function withPings(t: TestContext, host: HostOnWire, what: () => Promise<void>): Promise<void> {
  const pings = await host.pings();
  let losses: Awaited<ReturnType<typeof pings.stop>> | undefined;
  try {
    await what();
  } finally {
    losses = await pings.stop();
  }
  for (const [family, { sent, lost, longestGapMs }] of Object.entries(losses)) {
    t.diagnostic(`${family}: ${lost} of ${sent} pings lost, longest gap ${longestGapMs} ms`);
    assert.ok(sent > 100, `${family}: ${sent} pings sent`);
    // The processor is emulated and shared: a guest that stands still for a moment is none that is out of reach.
    assert.ok(lost <= sent / 100, `${family}: ${lost} of ${sent} pings lost`);
  }
}

/**
 * What runs, in lines to be compared: addresses, routes, the guard's rules, settings. Without what differs from boot to boot (indices of
 * links) and without the mark that an address was added without asking for a duplicate.
 */
export async function runningNetwork(host: HostOnWire): Promise<string[]> {
  const settings = [
    'net.ipv4.ip_forward',
    'net.ipv4.conf.all.arp_ignore',
    'net.ipv4.conf.all.rp_filter',
    'net.ipv6.conf.all.forwarding',
    ...['arp_ignore', 'rp_filter', 'proxy_arp'].map((name) => `net.ipv4.conf.eth0.${name}`),
  ];
  const commands = ['ip -o address', 'ip route', 'ip -6 route', 'nft -s list ruleset', `sysctl ${settings.join(' ')}`];
  const text = await host.run(commands.join('; '));
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/^\d+: /, '')
        .replace(' nodad', '')
        .trim(),
    )
    .filter((line) => line !== '')
    .sort();
}

/** Nothing that systemd started has failed, ifupdown least of all. */
export async function assertCleanBoot(host: HostOnWire): Promise<void> {
  assert.equal(await host.run('systemctl --failed --no-legend --plain'), '');
  const log = await host.run(
    'journalctl --boot --no-pager -o cat -u networking -u lodge-network -u lodge-network-late',
  );
  assert.doesNotMatch(log, /fail|error|cannot|unreachable|exists/i);
}
