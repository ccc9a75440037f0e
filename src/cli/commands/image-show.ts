import { routes } from '../../api/routes.ts';
import type { ImageRow } from '../../api/types.ts';
import { formatSize } from '../../base/size.ts';
import { renderSection } from '../../base/text-table.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { formatInstant } from '../instant.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const image = await client.request<ImageRow>('GET', routes.image(input.first));
  output.result(image, () =>
    renderSection(image.name, [
      ['size', `${formatSize(image.virtualSizeBytes)}, ${formatSize(image.storedBytes)} stored as ${image.format}`],
      ['origin', image.origin],
      ['sha256', image.sha256],
      ['identity', image.identity],
      ['firmware', image.firmwares.join(', ')],
      ['created', formatInstant(image.createdAtMs)],
      ['file', image.path],
      ['guests', image.usedBy.length === 0 ? 'none' : image.usedBy.join(', ')],
    ]),
  );
}
