import { resolve } from 'node:path';
import { parseBoundedJson } from '../../base/bounded-json.ts';
import { isLodgeError, LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { jsonForTerminal, TerminalStream } from '../../base/terminal-text.ts';
import { FACTS_VALUES_MAX } from '../../model/network-facts.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { readNamedFile, readStandardInput } from '../named-file.ts';

/** Of all paths together (`api/routes.ts`); node:http would answer a word that is no method at all with an empty 400. */
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

export async function run({ client, output, cwd, stdin }: CliContext, input: CommandInput): Promise<undefined> {
  const [method = '', path = ''] = input.arguments;
  if (!METHODS.includes(method.toUpperCase())) {
    throw new LodgeError('USAGE', `${method} is no method of the API: those are ${METHODS.join(', ')}`, {
      hint: 'lodge api GET /v1/guests',
    });
  }
  if (!path.startsWith('/') || /\s/.test(path)) {
    throw new LodgeError('USAGE', `${path} is no path of the API`, {
      hint: 'a path begins with /v1/, as in /v1/guests',
    });
  }
  const body = await readBodyOption(input.text('data'), cwd, stdin);
  const answer = await client.bytes(method.toUpperCase(), path, body).catch((error: unknown) => {
    throw body === undefined ? withBodyHint(error, method.toUpperCase(), path) : error;
  });
  const harmless = harmlessAs(answer.contentType);
  let last = '\n';
  const write = (text: string) => {
    output.write(text);
    last = text.at(-1) ?? last;
  };
  for await (const chunk of answer.body) write(harmless(chunk));
  write(harmless());
  if (last !== '\n') output.write('\n');
}

/** What was refused for its shape had none at all. */
function withBodyHint(error: unknown, method: string, path: string): unknown {
  if (!isLodgeError(error, 'VALIDATION_FAILED') || (method !== 'POST' && method !== 'PATCH')) return error;
  const { message, problems } = error;
  return new LodgeError('VALIDATION_FAILED', message, {
    problems,
    hint: `no body was sent: lodge api ${shellWord(method)} ${shellWord(path)} --data JSON`,
  });
}

/** JSON says the same in escapes of its own; any other text is filtered as everywhere. */
function harmlessAs(contentType: string): (chunk?: Uint8Array) => string {
  if (contentType.includes('json')) {
    const decoder = new TextDecoder();
    return (chunk) => jsonForTerminal(decoder.decode(chunk, { stream: chunk !== undefined }));
  }
  const text = new TerminalStream();
  return (chunk) => (chunk === undefined ? text.end() : text.push(chunk));
}

async function readBodyOption(
  data: string | undefined,
  cwd: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<unknown> {
  if (data === undefined) return undefined;
  const bytes = data.startsWith('@') ? await readDataFile(data.slice(1), cwd, stdin) : Buffer.from(data);
  try {
    // Of what is within the daemon's own limits it says itself what is wrong.
    return parseBoundedJson(bytes, 'this', FACTS_VALUES_MAX);
  } catch (cause) {
    throw new LodgeError('USAGE', `--data: must be JSON that the daemon takes: ${(cause as Error).message}`, {
      hint: 'lodge api --help',
    });
  }
}

async function readDataFile(file: string, cwd: string, stdin: AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (file === '-') return readStandardInput(stdin);
  const bytes = readNamedFile(resolve(cwd, file));
  if (bytes.ok) return bytes.value;
  throw new LodgeError(
    bytes.code ?? 'FILE_NOT_FOUND',
    `--data: must be ${bytes.reason}, got ${JSON.stringify(`@${file}`)}`,
  );
}
