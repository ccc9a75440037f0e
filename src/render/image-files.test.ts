import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { GRUB_MODULES, IMAGE_DISK, renderGrubConfig, renderPartitionTable, SECTOR_BYTES } from './image-boot.ts';
import { renderImageFiles } from './image-files.ts';

const UUID = '7d3f1c1e-0000-4000-8000-000000000001';

test('the files that Lodge puts into an image', (t) => {
  const page = renderImageFiles(UUID).map((file) =>
    'linkTo' in file
      ? `--- ${file.path} -> ${file.linkTo}\n`
      : `--- ${file.path} ${file.mode.toString(8)}\n${file.content}`,
  );
  const golden = join(import.meta.dirname, '../../test/golden/images/files.txt');
  t.assert.fileSnapshot(page.join('\n'), golden, { serializers: [(value: string) => value] });
});

test('partitions do not overlap, lie on 1 MiB and leave room for both partition tables', () => {
  const { bios, esp, root, sizeBytes } = IMAGE_DISK;
  assert.equal(bios.start + bios.sectors, esp.start);
  assert.equal(esp.start + esp.sectors, root.start);
  for (const { start } of [bios, esp, root]) assert.equal(start % 2048, 0);
  assert.ok(root.start + root.sectors + 33 < sizeBytes / SECTOR_BYTES);
  assert.match(renderPartitionTable(), /start=36864, size=4155392, type=4F68BCE3-/);
});

test('the menu names the root by UUID in every entry and waits for nobody', () => {
  const config = renderGrubConfig(UUID);
  assert.equal(config.match(new RegExp(`root=UUID=${UUID} rootfstype=ext4 rw `, 'g'))?.length, 2);
  assert.match(config, /^set timeout=0$/m);
  assert.ok([...GRUB_MODULES.common, ...GRUB_MODULES.bios].every((module) => /^[a-z0-9_]+$/.test(module)));
});
