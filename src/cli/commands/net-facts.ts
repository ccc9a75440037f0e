import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ApiClient } from '../../api/client.ts';
import { routes } from '../../api/routes.ts';
import type { NetworkFacts } from '../../api/types.ts';
import { inOurWords } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { jsonText } from '../output.ts';

export async function run({ client, output, cwd }: CliContext, input: CommandInput): Promise<undefined> {
  // They are data on a terminal as well: whoever redirects them gets them as they are.
  const facts = await exactly(client);
  const file = input.text('output');
  if (file === undefined) return output.result(facts, () => jsonText(facts, 2));
  const path = resolve(cwd, file);
  try {
    writeFileSync(path, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw inOurWords(cause, `--output: ${path}`);
  }
  output.result(
    { path },
    () => `${path} has ${facts.links.length} links and ${facts.files.length} files, without secrets`,
  );
}

/** Past the terminal's filter, through which `request` sees every value. */
async function exactly(client: ApiClient): Promise<NetworkFacts> {
  const { body } = await client.bytes('GET', routes.networkFacts);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as NetworkFacts;
}
