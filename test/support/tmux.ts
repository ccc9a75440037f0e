import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 30;
const LIMIT_MS = 30_000;

/** A real terminal with a scrollback, in a tmux server of its own. */
export interface Tmux extends AsyncDisposable {
  type(text: string): Promise<void>;
  /** A key by tmux's name: `Tab`, `Enter`, `C-c`. */
  key(name: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** What is on the screen, or with the scrollback before it; lines that were wrapped are joined. */
  screen(): Promise<string>;
  history(): Promise<string>;
  /** Resolves with the screen when it fits. */
  seen(pattern: RegExp): Promise<string>;
}

export async function startTmux(
  command: string,
  {
    columns = 80,
    rows = 24,
    env = {},
    cwd = tmpdir(),
  }: { columns?: number; rows?: number; env?: Record<string, string>; cwd?: string } = {},
): Promise<Tmux> {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-tmux-'));
  const socket = join(directory, 'socket');
  const tmux = (...args: string[]) =>
    run('tmux', ['-S', socket, '-f', '/dev/null', ...args], { ...process.env, ...env });
  const size = ['-x', String(columns), '-y', String(rows)];
  const given = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  await tmux('new-session', '-d', ...size, '-c', cwd, ...given, command, ';', 'set', '-g', 'remain-on-exit', 'on');
  const capture = (...from: string[]) => tmux('capture-pane', '-p', '-J', ...from);
  return {
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    key: async (name) => void (await tmux('send-keys', name)),
    resize: async (x, y) => void (await tmux('resize-window', '-x', String(x), '-y', String(y))),
    screen: () => capture(),
    history: () => capture('-S', '-'),
    seen: async (pattern) => {
      const givenUpAt = Date.now() + LIMIT_MS;
      for (;;) {
        const screen = await capture();
        if (pattern.test(screen)) return screen;
        if (Date.now() > givenUpAt) throw new Error(`never showed ${pattern}:\n${screen}`);
        await pause(LOOK_AGAIN_MS);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await tmux('kill-server').catch(() => undefined);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
}
