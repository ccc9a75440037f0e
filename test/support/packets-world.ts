import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DoctorCheck } from '../../src/model/doctor.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { PacketReport } from '../../src/model/packet-report.ts';
import type { Namespaces } from './netns.ts';

/** A daemon's part that tries packets, in the namespace `host`, driven over a pipe. */
export interface PacketsAgent {
  try: () => Promise<PacketReport>;
  /** Two that are asked at the same time. */
  tryTwice: () => Promise<PacketReport[]>;
  /** What `lodge doctor` says of packets and of the network, by the id of the check. */
  doctor: () => Promise<Map<string, DoctorCheck>>;
  sweep: () => Promise<boolean>;
  guests: (guests: NatGuest[]) => Promise<void>;
  kill: () => void;
}

/** `around`: words in front of the program, as `setpriv …` or `env …`. `isSetUp`: what the agent is told of the host. */
export function startPacketsAgent(
  spaces: Namespaces,
  root: string,
  network: NatNetwork,
  { around = [], isSetUp = true }: { around?: readonly string[]; isSetUp?: boolean } = {},
): PacketsAgent {
  const agent = join(import.meta.dirname, 'packets-agent.ts');
  const [program = '', ...args] = [...around, process.execPath, agent, JSON.stringify({ root, network, isSetUp })];
  const child = spaces.start('host', program, args);
  if (child.stdout === null || child.stdin === null) throw new Error('the agent has no pipes');
  const { stdin } = child;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += chunk));
  const call = async (method: string, ...args: unknown[]) => {
    stdin.write(`${JSON.stringify({ method, args })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the agent ended: ${stderr}`);
    const answer = JSON.parse(value) as { result?: unknown; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  };
  return {
    try: async () => (await call('try')) as PacketReport,
    tryTwice: async () => (await call('tryTwice')) as PacketReport[],
    doctor: async () => new Map(((await call('doctor')) as DoctorCheck[]).map((check) => [check.id, check])),
    sweep: async () => (await call('sweep')) as boolean,
    guests: async (guests) => void (await call('guests', guests)),
    kill: () => child.kill('SIGKILL'),
  };
}
