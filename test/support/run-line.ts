import assert from 'node:assert/strict';
import { createApiClient } from '../../src/api/client.ts';
import { daemonConnector } from '../../src/cli/connect-daemon.ts';
import { createOutput } from '../../src/cli/output.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { COMMANDS, GROUPS } from '../../src/cli/table.ts';
import { layoutOf } from '../../src/model/layout.ts';

/** What a line says on stderr, and its exit code; it must come to an end before any command begins, unless a daemon is given. */
export async function runLine(
  words: readonly string[],
  root = '',
  json = false,
): Promise<{ code: number; text: string; out: string }> {
  let text = '';
  let out = '';
  const stderr = { write: (chunk: string) => (text += chunk) };
  const output = createOutput({
    stdout: { write: (chunk) => (out += String(chunk)) },
    stderr,
    json,
    env: {},
  });
  const layout = layoutOf(root);
  const client = createApiClient(daemonConnector(layout));
  const context = {
    env: { HOME: root },
    cwd: root || '/',
    layout,
    stdin: process.stdin,
    output,
    client,
    clientIfRunning: client,
  };
  const makeContext = () => {
    if (root === '') assert.fail(`${words.join(' ')} began`);
    return { ...context, answerCompletion: async () => '', onInterrupt: () => () => undefined };
  };
  const code = await runCli(words, { version: '0', groups: GROUPS, specs: COMMANDS, output, env: {}, makeContext });
  return { code, text, out };
}
