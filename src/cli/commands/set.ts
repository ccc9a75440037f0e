import { routes } from '../../api/routes.ts';
import type { ChangeGuest, GuestDetail, SetPassword } from '../../api/types.ts';
import { LodgeError } from '../../base/errors.ts';
import { parseBootOrder } from '../boot-order.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { createProblemList, notAsTyped, type ProblemList } from '../problem-list.ts';
import { addServerProblems } from '../server-problems.ts';
import { askForPassword, passwordRequest, passwordTexts } from '../set-password.ts';
import { namedKeys } from '../ssh-keys-request.ts';
import { fileThatIsThere } from '../user-files.ts';
import { oneOf, parseConnections, parseDiskSize, parseMemory, parseTypedPublish, parseVcpus } from '../values.ts';

/** What a running guest takes only when it starts anew; the rest it takes at once. */
const AT_START: readonly (keyof ChangeGuest)[] = ['memoryMiB', 'vcpus', 'boot', 'sshKeys'];

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output, cwd } = context;
  const password = await passwordRequest(context, input);
  const problems = createProblemList();
  const notes: string[] = [];
  const change = changeRequest(input, problems, { cwd, notes });
  if (!problems.isEmpty()) {
    const tried = { ...change, dryRun: true };
    await addServerProblems(problems, () => client.request('PATCH', routes.guest(input.first), tried));
    problems.throwIfAny(notAsTyped('set', input.first));
  }
  const isEmpty = Object.keys(change).length === 0;
  if (isEmpty && password !== null) return setOnlyPassword(context, input.first, password);
  if (isEmpty) {
    throw new LodgeError('USAGE', 'nothing to change was named', { hint: 'lodge set --help' });
  }
  // What it was is only for the last line: whatever keeps it from being read, the change tells.
  const before = await client.request<GuestDetail>('GET', routes.guest(input.first)).catch(() => null);
  const guest = await client.request<GuestDetail>('PATCH', routes.guest(input.first), change);
  for (const note of notes) output.say(note);
  const made = password === null ? null : await askForPassword(context, input.first, password);
  const texts = made === null ? null : passwordTexts(input.first, made);
  output.result(made === null ? guest : { ...guest, password: made }, () =>
    [changedLine(guest, change, before), ...(texts === null ? [] : [texts.result])].join('\n'),
  );
  // What it opens, once it has been named.
  if (texts !== null) output.say(texts.talk);
}

/** What came of a change, and whether it waits for the next start: what waits since earlier is not of this one. */
export function changedLine(guest: GuestDetail, change: ChangeGuest, before: GuestDetail | null): string {
  const { name } = guest.spec;
  const { pending = [] } = guest;
  const waiting = pending.some(({ field }) => field in change);
  // An older Lodge's change is known to wait, and not which one it is.
  const waits = guest.pendingRestart && (pending.length === 0 ? AT_START.some((key) => key in change) : waiting);
  const later = waits ? `its next start applies it: lodge restart ${name}` : null;
  // The balloon is no part of what is wanted.
  const isSame = before?.generation === guest.generation && change.balloonMiB === undefined;
  return [isSame ? `${name} is as asked for already: nothing was changed` : `${name} was changed`, later]
    .filter((one) => one !== null)
    .join('; ');
}

async function setOnlyPassword(context: CliContext, name: string, request: SetPassword): Promise<undefined> {
  const made = await askForPassword(context, name, request);
  const { result, talk } = passwordTexts(name, made);
  context.output.result(made, () => result);
  context.output.say(talk);
}

function changeRequest(
  input: CommandInput,
  problems: ProblemList,
  { cwd, notes }: { cwd: string; notes: string[] },
): ChangeGuest {
  const iso = input.text('iso');
  if (iso !== undefined && input.flag('eject')) {
    problems.add({ path: 'iso', rule: 'must come without --eject, which empties the drive', value: iso });
  }
  if (input.isBoth('start-with-host')) {
    problems.add({ path: 'startWithHost', rule: 'must come without --no-start-with-host', value: undefined });
  }
  const change = {
    memoryMiB: problems.read('memoryMiB', input.text('memory'), parseMemory),
    balloonMiB: problems.read('balloonMiB', input.text('balloon'), parseMemory),
    vcpus: problems.read('vcpus', input.text('vcpus'), parseVcpus),
    diskSizeBytes: problems.read('diskSizeBytes', input.text('disk'), parseDiskSize),
    restartPolicy: problems.read('restartPolicy', input.text('restart'), oneOf('no', 'on-failure', 'always')),
    startWithHost: input.toggle('start-with-host'),
    iso: input.flag('eject') ? null : problems.read('iso', iso, fileThatIsThere(cwd)),
    boot: problems.read('boot', input.text('boot'), parseBootOrder),
    publish: publishChange(input, problems),
    maxConnections: problems.read('maxConnections', input.text('max-connections'), parseConnections),
    sshKeys: namedKeys(input, problems, { cwd }, notes),
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as ChangeGuest;
}

function publishChange(input: CommandInput, problems: ProblemList) {
  const texts = input.texts('publish');
  if (input.flag('unpublish')) {
    const rule = 'must come without --unpublish: it replaces all earlier ports anyway';
    if (texts.length > 0) problems.add({ path: 'publish', rule, value: undefined });
    return [];
  }
  if (texts.length === 0) return undefined;
  const ports = texts.map((text, index) => problems.read(`publish[${index}]`, text, parseTypedPublish));
  // With one left out, the daemon would count the others otherwise than they were typed.
  return ports.every((port) => port !== undefined) ? ports : undefined;
}
