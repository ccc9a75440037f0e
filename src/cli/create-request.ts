import type { CreateGuest } from '../api/types.ts';
import { parseIpv4, parseIpv6, parseMac } from '../base/address.ts';
import { missingChecksum } from '../base/checksum.ts';
import { type Parsed, parsed, rejected } from '../base/parsed.ts';
import { KEYMAPS } from '../model/keymaps.ts';
import { parseBootOrder } from './boot-order.ts';
import type { CliContext } from './context.ts';
import type { CommandInput } from './input.ts';
import type { ProblemList } from './problem-list.ts';
import { keysToLetIn } from './ssh-keys-request.ts';
import { fileThatIsThere, imageThatIsThere, readUserData } from './user-files.ts';
import {
  autoNoneOr,
  oneOf,
  parseConnections,
  parseDiskSize,
  parseMemory,
  parseNewGuestName,
  parseTypedChecksum,
  parseTypedPublish,
  parseVcpus,
} from './values.ts';

/**
 * The body of POST /v1/guests as the options say it. What does not parse is in `problems` and left out; what is worth a line of talk
 * once the daemon has taken it is in `notes`.
 */
export function createRequest(
  input: CommandInput,
  problems: ProblemList,
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
  notes: string[],
): CreateGuest {
  const image = input.text('image');
  const iso = input.text('iso');
  for (const problem of missingChecksum(image, input.text('checksum'))) problems.add(problem);
  return withoutUndefined({
    name: problems.read('name', input.first, parseNewGuestName) ?? input.first,
    image: problems.read('image', image, imageThatIsThere(cwd)),
    checksum: problems.read('checksum', input.text('checksum'), parseTypedChecksum) && input.text('checksum'),
    iso: problems.read('iso', iso, fileThatIsThere(cwd)),
    memoryMiB: problems.read('memoryMiB', input.text('memory'), parseMemory),
    vcpus: problems.read('vcpus', input.text('vcpus'), parseVcpus),
    disk: diskRequest(input, problems),
    ...machineRequest(input, problems),
    ...networkRequest(input, problems),
    sshKeys: keysToLetIn(input, problems, { cwd, env }, notes),
    wait: input.flag('wait') ? undefined : false,
    ...problems.read('userData', input.text('user-data'), readUserData(cwd)),
  }) as CreateGuest;
}

function diskRequest(input: CommandInput, problems: ProblemList) {
  const disk = withoutUndefined({
    sizeBytes: problems.read('disk.sizeBytes', input.text('disk'), parseDiskSize),
    format: problems.read('disk.format', input.text('disk-format'), oneOf('qcow2', 'raw')),
    cache: problems.read(
      'disk.cache',
      input.text('cache'),
      oneOf('none', 'writeback', 'writethrough', 'directsync', 'unsafe'),
    ),
    discard: problems.read('disk.discard', input.text('discard'), oneOf('unmap', 'ignore')),
  });
  return Object.keys(disk).length === 0 ? undefined : disk;
}

function machineRequest(input: CommandInput, problems: ProblemList) {
  return {
    machine: problems.read('machine', input.text('machine'), oneOf('pc', 'q35')),
    firmware: problems.read('firmware', input.text('firmware'), oneOf('bios', 'uefi')),
    cpu: input.text('cpu'),
    accel: problems.read('accel', input.text('accel'), oneOf('auto', 'kvm', 'tcg')),
    boot: problems.read('boot', input.text('boot'), parseBootOrder),
    keymap: problems.read('keymap', input.text('keymap'), oneOf(...KEYMAPS)),
    watchdog: problems.read(
      'watchdog',
      input.text('watchdog'),
      oneOf('reset', 'shutdown', 'poweroff', 'pause', 'inject-nmi', 'none'),
    ),
    restartPolicy: problems.read('restartPolicy', input.text('restart'), oneOf('no', 'on-failure', 'always')),
    startWithHost: input.flag('start-with-host') ? undefined : false,
  };
}

function networkRequest(input: CommandInput, problems: ProblemList) {
  const publish = input
    .texts('publish')
    .map((text, index) => problems.read(`publish[${index}]`, text, parseTypedPublish));
  if (input.text('ipv4') === 'none' && input.text('ipv6') === 'none') {
    // The daemon has no options to name.
    problems.add({ path: 'ipv4', rule: 'must be auto or an address when --ipv6 is none', value: 'none' });
  }
  return {
    link: problems.read('link', input.text('link'), parseLink),
    mac: problems.read('mac', input.text('mac'), parseMac),
    ipv4: problems.read('ipv4', input.text('ipv4'), autoNoneOr(parseIpv4)),
    ipv6: problems.read('ipv6', input.text('ipv6'), autoNoneOr(parseIpv6)),
    // With one left out, the daemon would count the others otherwise than they were typed.
    publish: publish.length === 0 || publish.includes(undefined) ? undefined : publish,
    maxConnections: problems.read('maxConnections', input.text('max-connections'), parseConnections) ?? undefined,
  };
}

function parseLink(text: string): Parsed<'nat'> {
  if (text === 'nat') return parsed('nat');
  if (text === 'routed' || text === 'bridged') return rejected(`nat: the link ${text} is not built yet, only nat is`);
  return rejected('nat');
}

/** `exactOptionalPropertyTypes`: what was not asked for is not in the body at all. */
function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
