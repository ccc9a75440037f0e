import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '../../src/base/random.ts';
import { AgentSessions } from '../../src/engine/guests/agent/agent-sessions.ts';
import { ExecLanes } from '../../src/engine/guests/exec/exec-lanes.ts';
import type { ExecDeps } from '../../src/engine/guests/exec/start-exec.ts';
import type { GuestPhase } from '../../src/model/guest.ts';
import { guestLayoutOf, layoutOf } from '../../src/model/layout.ts';
import { connectMonitor, type Monitor } from '../../src/qemu/monitor.ts';
import { guestDetail } from './fake-answers.ts';

export interface AgentAsked {
  execute: string;
  arguments: Record<string, unknown>;
}

/** What the fake's agent does with a command; the default of each is an honest agent's answer. */
type AgentHandler = (asked: AgentAsked, socket: Socket) => void;

interface Wire {
  execute: string;
  arguments?: Record<string, unknown>;
  id?: string;
}

/**
 * A running guest as the daemon sees it, by real sockets: QEMU's monitor, which opens the sockets of ports as QEMU would, and the agent's
 * channel. The test is the guest: it says what the agent answers, and writes to the ports what it likes.
 */
export class FakeExecGuest implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'lgx-'));
  readonly asked: AgentAsked[] = [];
  readonly deps: ExecDeps;
  phase: GuestPhase = 'running';
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #ports = new Map<string, Socket>();
  readonly #open = new Set<string>();
  readonly #handlers = new Map<string, AgentHandler>();
  #waiting: (() => void)[] = [];
  #qmp: Socket | null = null;
  #monitor: Monitor | null = null;

  private constructor() {
    const layout = layoutOf(this.root);
    const record = () => ({ ...guestDetail('web1'), phase: this.phase });
    this.deps = {
      layout,
      random: systemRandom,
      // A week after the guest was started.
      clock: { nowMs: () => Date.UTC(2026, 10, 30) },
      agents: new AgentSessions(),
      lanes: new ExecLanes(),
      store: {
        guests: { find: (name: string) => (name === 'web1' ? record() : null) },
        operations: { unfinished: () => [] },
      },
      supervisor: { monitorOf: () => this.#monitor },
    } as unknown as ExecDeps;
  }

  static async open(): Promise<FakeExecGuest> {
    const guest = new FakeExecGuest();
    const { runDir, qmpSocket, agentSocket } = guestLayoutOf(guest.deps.layout, 'web1', 'qcow2');
    mkdirSync(runDir, { recursive: true });
    await guest.#listen(qmpSocket, (socket) => guest.#serveMonitor(socket));
    await guest.#listen(agentSocket, (socket) => guest.#serveAgent(socket));
    guest.#monitor = await connectMonitor(qmpSocket);
    return guest;
  }

  /** Puts a handler in the place of the honest answer to one of the agent's commands. */
  onAgent(command: string, handler: AgentHandler): void {
    this.#handlers.set(command, handler);
  }

  /** The guest's end of a port of the first lane, once the daemon has connected it. */
  async port(kind: 'in' | 'out' | 'err'): Promise<Socket> {
    for (;;) {
      const found = this.#ports.get(`lodge-exec0-${kind}`);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What the agent was given for the script: the lane, the token of its input, its other words. */
  async scriptWords(): Promise<string[]> {
    for (;;) {
      const found = this.asked.find(
        ({ execute, arguments: { path } }) => execute === 'guest-exec' && path === 'setsid',
      );
      if (found !== undefined) {
        const [lane = '', ...others] = (found.arguments.arg as string[]).slice(4);
        const token = Buffer.from(String(found.arguments['input-data']), 'base64').toString().trimEnd();
        return [lane, token, ...others];
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The guest opens or closes a port, and QEMU tells of it. */
  tellPort(kind: 'in' | 'out' | 'err', open: boolean): void {
    if (open) this.#open.add(`lodge-exec0-${kind}`);
    else this.#open.delete(`lodge-exec0-${kind}`);
    this.tellLate(kind, open);
  }

  /** QEMU tells what a port was; how it stands is another thing. */
  tellLate(kind: 'in' | 'out' | 'err', open: boolean): void {
    const data = { id: `lodge-exec0-${kind}`, open };
    this.#qmp?.write(
      `${JSON.stringify({ event: 'VSERPORT_CHANGE', data, timestamp: { seconds: 1, microseconds: 0 } })}\n`,
    );
  }

  endQemu(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#monitor?.close();
    this.endQemu();
    for (const server of this.#servers.values()) server.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #listen(path: string, serve: (socket: Socket) => void): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      serve(socket);
    });
    this.#servers.set(path, server);
    return new Promise((resolve) => server.listen(path, resolve));
  }

  #serveMonitor(socket: Socket): void {
    this.#qmp = socket;
    const version = { qemu: { major: 9, minor: 0, micro: 0 } };
    socket.write(`${JSON.stringify({ QMP: { version, capabilities: [] } })}\n`);
    onLines(socket, async (text) => {
      const { execute, id, arguments: args = {} } = JSON.parse(text) as Wire;
      const value = await this.#monitorAnswer(execute, args);
      socket.write(`${JSON.stringify({ return: value, id })}\n`);
    });
  }

  async #monitorAnswer(execute: string, args: Record<string, unknown>): Promise<unknown> {
    const id = String(args.id);
    if (execute === 'chardev-add') {
      const { backend } = args as { backend: { data: { addr: { data: { path: string } } } } };
      await this.#listen(backend.data.addr.data.path, (socket) => {
        this.#ports.set(id, socket);
        socket.on('close', () => this.#ports.delete(id));
        for (const wake of this.#waiting.splice(0)) wake();
      });
      this.#servers.set(id, this.#servers.get(backend.data.addr.data.path) as Server);
    }
    if (execute === 'chardev-remove') {
      this.#servers.get(id)?.close();
      this.#servers.delete(id);
    }
    if (execute !== 'query-chardev') return {};
    const labels = [...this.#servers.keys()].filter((label) => label.startsWith('lodge-exec'));
    return labels.map((label) => ({
      label,
      filename: this.#ports.has(label) ? 'unix:x' : 'disconnected:unix:x',
      'frontend-open': this.#open.has(label),
    }));
  }

  #serveAgent(socket: Socket): void {
    onLines(socket, (text) => {
      const asked = JSON.parse(text.replaceAll('\xff', '')) as AgentAsked;
      this.asked.push(asked);
      for (const wake of this.#waiting.splice(0)) wake();
      const handler = this.#handlers.get(asked.execute);
      if (handler !== undefined) return handler(asked, socket);
      answerHonestly(asked, socket);
    });
  }
}

export function answerHonestly({ execute, arguments: args }: AgentAsked, socket: Socket): void {
  if (execute === 'guest-sync-delimited') {
    socket.write(Buffer.concat([Buffer.of(0xff), Buffer.from(`${JSON.stringify({ return: args.id })}\n`)]));
    return;
  }
  const value = execute === 'guest-exec' ? { pid: 4242 } : execute === 'guest-exec-status' ? { exited: false } : {};
  socket.write(`${JSON.stringify({ return: value })}\n`);
}

function onLines(socket: Socket, handle: (line: string) => unknown): void {
  let rest = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') void handle(line);
  });
}
