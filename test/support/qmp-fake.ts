import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A command as the fake got it. */
export interface FakeCommand {
  execute: string;
  arguments?: Record<string, unknown>;
  id: string;
}

const GREETING = { QMP: { version: { qemu: { major: 9, minor: 8, micro: 7 }, package: '' }, capabilities: ['oob'] } };

/**
 * A monitor that says what the test tells it to. It greets and accepts the capabilities by itself unless `greet` is
 * false; every other command waits in `commands` for the test's answer.
 */
export class FakeQmp {
  readonly path: string;
  readonly commands: FakeCommand[] = [];
  /** Connections accepted so far. */
  connections = 0;
  greet = true;
  readonly #directory: string;
  readonly #server: Server;
  #socket: Socket | null = null;
  #waiting: { name: string; resolve: (command: FakeCommand) => void }[] = [];

  private constructor(path: string) {
    this.#directory = dirname(path);
    this.path = path;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** At a path whose directory goes with it; at one of its own when none is given. */
  static async listen(path?: string): Promise<FakeQmp> {
    const fake = new FakeQmp(path ?? join(await mkdtemp(join(tmpdir(), 'qmp-fake-')), 'qmp.sock'));
    await new Promise<void>((resolve) => fake.#server.listen(fake.path, resolve));
    return fake;
  }

  /** The next command of that name, which may have come already. */
  next(name: string): Promise<FakeCommand> {
    const index = this.commands.findIndex(({ execute }) => execute === name);
    const [found] = index === -1 ? [] : this.commands.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ name, resolve }));
  }

  reply({ id }: FakeCommand, value: unknown = {}): void {
    this.say({ return: value, id });
  }

  fail({ id }: FakeCommand, description: string): void {
    this.say({ error: { class: 'GenericError', desc: description }, id });
  }

  event(name: string, data: Record<string, unknown> = {}): void {
    this.say({ event: name, data, timestamp: { seconds: 1_700_000_000, microseconds: 250_000 } });
  }

  say(message: unknown): void {
    this.write(`${JSON.stringify(message)}\r\n`);
  }

  /** Bytes as they are: half lines, no JSON, sentinels. */
  write(data: string | Uint8Array): void {
    this.#socket?.write(data);
  }

  /** Ends the connection; new ones are accepted. */
  hangUp(): void {
    this.#socket?.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#directory, { recursive: true, force: true });
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#socket = socket;
    socket.on('error', () => {});
    let rest = '';
    socket.on('data', (chunk) => {
      // A guest agent's client begins with a sentinel that is no text.
      const parts = (rest + chunk.toString('latin1').replaceAll('\xff', '')).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) this.#receive(JSON.parse(line) as FakeCommand);
    });
    if (this.greet) this.say(GREETING);
  }

  #receive(command: FakeCommand): void {
    if (command.execute === 'qmp_capabilities') {
      this.reply(command);
      return;
    }
    const index = this.#waiting.findIndex(({ name }) => name === command.execute);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.commands.push(command);
    else waiting.resolve(command);
  }
}
