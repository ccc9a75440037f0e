import { routes } from '../../api/routes.ts';
import type { HostImport } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { renderImport } from '../host-import-text.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const request = { write: !input.flag('dry-run'), replace: input.flag('replace') };
  const done = await client.request<HostImport>('POST', routes.networkImport, request);
  output.result(done, () => renderImport(done, output.paint));
}
