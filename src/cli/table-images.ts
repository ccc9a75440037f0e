import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts';

const IMAGE: ArgumentSpec = { name: 'name', summary: 'the image', values: 'image' };
const DETACH: OptionSpec = { flags: '--detach', summary: 'print the operation and do not wait for its end' };

export const IMAGE_COMMANDS: readonly CommandSpec[] = [
  {
    path: ['image', 'ls'],
    summary: 'list the images, and those that can be built',
    examples: [['image ls', 'with their sizes and users']],
    load: () => import('./commands/image-ls.ts'),
  },
  {
    path: ['image', 'build'],
    summary: "build a Debian image from the host's own package sources",
    arguments: [IMAGE],
    options: [{ flags: '--rebuild', summary: 'build it anew although it is there' }, DETACH],
    examples: [
      ['image build debian-12', 'one to six minutes the first time, then it says what to expect'],
      ['image build debian-13 --rebuild', 'with the newest packages'],
    ],
    exitCodes: [3, 4, 130],
    root: 'made',
    load: () => import('./commands/image-build.ts'),
  },
  {
    path: ['image', 'import'],
    summary: 'import a qcow2, raw or vmdk image from a file or URL',
    arguments: [{ name: 'source', summary: 'file or URL', values: 'file' }],
    options: [
      { flags: '--name <name>', summary: "its name here (default: the file's name without its ending)" },
      { flags: '--checksum <sum>', summary: 'sha256:HEX or sha512:HEX; needed for a URL' },
      {
        flags: '--identity <way>',
        summary: 'how guests learn who they are: nocloud (cloud-init) or none (default: nocloud)',
        values: ['nocloud', 'none'],
      },
      DETACH,
    ],
    examples: [
      ['image import ./cloud.qcow2 --name cloud', 'a file of the host'],
      ['image import https://example.org/disk.qcow2 --checksum sha256:9f86…', 'from elsewhere, verified'],
    ],
    exitCodes: [3, 4, 130],
    root: 'made',
    load: () => import('./commands/image-import.ts'),
  },
  {
    path: ['image', 'show'],
    summary: 'show everything about an image',
    arguments: [IMAGE],
    examples: [['image show debian-12', 'its size, checksum, origin and guests']],
    exitCodes: [3],
    load: () => import('./commands/image-show.ts'),
  },
  {
    path: ['image', 'rm'],
    summary: 'remove images that no guest uses',
    description: 'Asks for the name, or y, on a terminal; elsewhere it needs --yes.',
    arguments: [
      {
        name: 'names',
        summary: 'one image or several; when one of them does not exist, none is removed',
        values: 'image',
        variadic: true,
      },
    ],
    options: [{ flags: '-y, --yes', summary: 'do not ask' }],
    examples: [['image rm debian-12 --yes', 'for scripts']],
    exitCodes: [3, 4],
    load: () => import('./commands/image-rm.ts'),
  },
];
