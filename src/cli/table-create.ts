import { KEYMAPS } from '../model/keymaps.ts';
import type { CommandSpec, OptionSpec } from './command.ts';

const RESOURCES: readonly OptionSpec[] = [
  {
    flags: '--image <image>',
    summary: "name of an image, a file, or a URL with --checksum (default: the host's own Debian release)",
    values: 'image-or-file',
  },
  { flags: '--checksum <sum>', summary: 'sha256:HEX or sha512:HEX of the image behind a URL or in a file' },
  { flags: '--iso <file>', summary: 'CD image for the IDE drive; without --image the disk is empty', values: 'file' },
  { flags: '--memory <size>', field: 'memoryMiB', summary: 'memory (default 1GiB)' },
  { flags: '--vcpus <count>', summary: 'number of virtual CPUs (default 1)' },
  { flags: '--disk <size>', field: 'disk.sizeBytes', summary: 'size of the disk (default 10GiB)' },
  {
    flags: '--disk-format <format>',
    field: 'disk.format',
    summary: 'qcow2 or raw (default qcow2)',
    values: ['qcow2', 'raw'],
  },
  {
    flags: '--cache <mode>',
    field: 'disk.cache',
    summary: 'cache mode of the disk: none, writeback, writethrough, directsync or unsafe (default none)',
    values: ['none', 'writeback', 'writethrough', 'directsync', 'unsafe'],
  },
  {
    flags: '--discard <mode>',
    field: 'disk.discard',
    summary: 'unmap gives freed blocks back to the host, ignore keeps them (default unmap)',
    values: ['unmap', 'ignore'],
  },
];

const MACHINE: readonly OptionSpec[] = [
  { flags: '--machine <type>', summary: 'pc or q35 (default pc)', values: ['pc', 'q35'] },
  { flags: '--firmware <kind>', summary: 'bios or uefi (default bios)', values: ['bios', 'uefi'] },
  { flags: '--cpu <model>', summary: "QEMU's CPU model (default auto: host under KVM, max under TCG)" },
  {
    flags: '--accel <accelerator>',
    summary: 'auto, kvm or tcg; auto takes the fastest that lodge doctor has seen working (default auto)',
    values: ['auto', 'kvm', 'tcg'],
  },
  { flags: '--boot <order>', summary: 'boot order, e.g. order=cd,once=d (c disk, d CD, n network)' },
  { flags: '--keymap <keymap>', summary: 'keyboard layout of VNC, e.g. de (default en-us)', values: KEYMAPS },
  {
    flags: '--watchdog <action>',
    summary: 'what a guest that hangs gets: reset, shutdown, poweroff, pause, inject-nmi or none (default reset)',
    values: ['reset', 'shutdown', 'poweroff', 'pause', 'inject-nmi', 'none'],
  },
  {
    flags: '--restart <policy>',
    field: 'restartPolicy',
    summary: 'no, on-failure or always: when a guest that ended is started again (default on-failure)',
    values: ['no', 'on-failure', 'always'],
  },
  { flags: '--no-start-with-host', summary: 'leave the guest off when the host has booted' },
];

const NETWORK: readonly OptionSpec[] = [
  { flags: '--link <link>', summary: 'how the guest is attached: nat (default nat)', values: ['nat'] },
  { flags: '--mac <address>', summary: 'MAC address (default: one of 52:54:00:…)' },
  { flags: '--ipv4 <address>', summary: 'auto, none or an address (default auto)', values: ['auto', 'none'] },
  { flags: '--ipv6 <address>', summary: 'auto, none or an address (default auto)', values: ['auto', 'none'] },
  {
    flags: '--publish <ports>',
    summary: 'host port that leads to a guest port: [ADDRESS:]HOST:GUEST[/udp], e.g. 8080:80; repeatable',
    repeatable: true,
  },
  {
    flags: '--max-connections <count>',
    field: 'maxConnections',
    summary: "how many connections at once, of the guest's own and to its published ports (default auto: its share)",
    values: ['auto'],
  },
];

const LOGIN: readonly OptionSpec[] = [
  {
    flags: '--ssh-key <file>',
    field: 'sshKeys',
    summary: 'public key that may log in; repeatable (default: your ~/.ssh/*.pub)',
    values: 'file',
    repeatable: true,
  },
  {
    flags: '--user-data <file>',
    field: 'userData',
    summary: 'cloud-init user-data for images that read it',
    values: 'file',
  },
];

export const CREATE_COMMAND: CommandSpec = {
  path: ['create'],
  summary: 'create a guest and wait until it is reachable by SSH',
  description:
    'Installs what is missing on the host, builds the image when there is none yet, makes disk and network, and starts QEMU. Ctrl-C detaches; the work goes on.',
  arguments: [{ name: 'name', summary: 'its name, also its host name: a-z, 0-9 and hyphens, at most 40' }],
  options: [
    ...RESOURCES,
    ...MACHINE,
    ...NETWORK,
    ...LOGIN,
    { flags: '--dry-run', summary: 'print the plan and change nothing' },
    { flags: '--no-wait', summary: 'end when QEMU runs, without waiting for SSH' },
    { flags: '--detach', summary: 'print the operation and do not wait for its end' },
  ],
  examples: [
    ['create web1', "the host's Debian, 1GiB, 1 CPU, 10GiB"],
    ['create db1 --image debian-13 --memory 4GiB --vcpus 2 --disk 40GiB', 'a larger one'],
    ['create web2 --publish 8080:80', 'port 8080 of the host leads to port 80 of the guest'],
    ['create box --iso ./install.iso --boot order=cd,once=d', 'from a CD first, from the disk after'],
    ['create web1 --dry-run', 'the steps it would take'],
  ],
  exitCodes: [3, 4, 130],
  root: 'made',
  load: () => import('./commands/create.ts'),
};
