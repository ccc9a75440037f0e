import { routes } from '../../api/routes.ts';
import type { ImageRow } from '../../api/types.ts';
import { confirmRemoval } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output } = context;
  const names = [...new Set(input.arguments)];
  if (!input.flag('yes')) {
    for (const name of names) await client.request<ImageRow>('GET', routes.image(name));
    await confirmRemoval(context, 'image rm', names, 'from this host');
  }
  for (const name of names) await client.request('DELETE', routes.image(name));
  output.result(names, () => names.map((name) => `image ${name} was removed`).join('\n'));
}
