import { routes } from '../../api/routes.ts';
import type { ImageListing } from '../../api/types.ts';
import { formatSize } from '../../base/size.ts';
import { renderTable } from '../../base/text-table.ts';
import type { CliContext } from '../context.ts';

export async function run({ client, output }: CliContext): Promise<undefined> {
  const listing = await client.request<ImageListing>('GET', routes.images);
  output.result(listing, () => renderImages(listing));
  // The table says how to build each of Debian's.
  if (listing.images.length === 0) output.say('no images yet: lodge create NAME builds the one that it needs');
}

export function renderImages({ images, buildable }: ImageListing): string {
  const rows: string[][] = [['NAME', 'SIZE', 'STORED', 'GUESTS', 'IDENTITY', 'ORIGIN']];
  for (const image of images) {
    rows.push([
      image.name,
      formatSize(image.virtualSizeBytes),
      formatSize(image.storedBytes),
      String(image.usedBy.length),
      image.identity,
      image.origin,
    ]);
  }
  for (const name of buildable) {
    if (images.some((image) => image.name === name)) continue;
    rows.push([name, '-', '-', '-', '-', `not built yet: lodge image build ${name}`]);
  }
  return renderTable(rows);
}
