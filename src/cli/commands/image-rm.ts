import { routes } from '../../api/routes.ts';
import type { ImageRow } from '../../api/types.ts';
import { confirmRemoval } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedImages } from '../named.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output } = context;
  const names = await namedImages(client, input);
  if (!input.flag('yes')) {
    if (names.length === 1) await client.request<ImageRow>('GET', routes.image(input.first));
    await confirmRemoval(context, 'image rm', names, 'from this host');
  }
  for (const name of names) await client.request('DELETE', routes.image(name));
  output.result(names, () => names.map((name) => `image ${name} was removed`).join('\n'));
}
