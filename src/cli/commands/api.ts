import { readFileSync } from 'node:fs';
import { isLodgeError, LodgeError } from '../../base/errors.ts';
import { jsonForTerminal, TerminalStream } from '../../base/terminal-text.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { readUserFile } from '../user-files.ts';

/** Of all paths together (`api/routes.ts`); node:http would answer a word that is no method at all with an empty 400. */
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

export async function run({ client, output, cwd }: CliContext, input: CommandInput): Promise<undefined> {
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
  const body = readBodyOption(input.text('data'), cwd);
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
    hint: `no body was sent: lodge api ${method} ${path} --data JSON`,
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

function readBodyOption(data: string | undefined, cwd: string): unknown {
  if (data === undefined) return undefined;
  const text = data.startsWith('@') ? readDataFile(data.slice(1), cwd) : data;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LodgeError('USAGE', '--data: must be JSON', { cause, hint: 'lodge api --help' });
  }
}

function readDataFile(file: string, cwd: string): string {
  if (file === '-') return readFileSync(0, 'utf8');
  const text = readUserFile(cwd)(file);
  if (text.ok) return text.value;
  throw new LodgeError(
    text.code ?? 'FILE_NOT_FOUND',
    `--data: must be ${text.reason}, got ${JSON.stringify(`@${file}`)}`,
  );
}
