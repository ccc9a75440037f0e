import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import type { PacketReport } from '../../src/model/packet-report.ts';
import type { Namespaces } from './netns.ts';

/** A daemon's part that tries packets, in the namespace `host`, driven over a pipe. */
export interface PacketsAgent {
  try: () => Promise<PacketReport>;
  sweep: () => Promise<boolean>;
  guests: (guests: NatGuest[]) => Promise<void>;
  kill: () => void;
}

export function startPacketsAgent(spaces: Namespaces, root: string, network: NatNetwork): PacketsAgent {
  const agent = join(import.meta.dirname, 'packets-agent.ts');
  const child = spaces.start('host', process.execPath, [agent, JSON.stringify({ root, network })]);
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
    sweep: async () => (await call('sweep')) as boolean,
    guests: async (guests) => void (await call('guests', guests)),
    kill: () => child.kill('SIGKILL'),
  };
}
