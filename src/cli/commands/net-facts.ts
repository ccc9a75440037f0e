import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { routes } from '../../api/routes.ts';
import type { NetworkFacts } from '../../api/types.ts';
import { inOurWords } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, output, cwd }: CliContext, input: CommandInput): Promise<undefined> {
  const facts = await client.request<NetworkFacts>('GET', routes.networkFacts);
  const file = input.text('output');
  if (file === undefined) return output.result(facts, () => JSON.stringify(facts, null, 2));
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
