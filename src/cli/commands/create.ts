import { routes } from '../../api/routes.ts';
import type { GuestDetail, GuestPlan, Operation } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { createRequest } from '../create-request.ts';
import type { CommandInput } from '../input.ts';
import { canRead, loginWay } from '../login-way.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { printBegun } from '../run-operations.ts';
import { addServerProblems } from '../server-problems.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const { client, output } = context;
  const problems = createProblemList();
  const notes: string[] = [];
  const request = createRequest(input, problems, context, notes);
  if (input.flag('dry-run') && input.flag('detach')) {
    problems.add({ path: 'detach', rule: 'must come without --dry-run, which begins nothing', value: undefined });
  }
  if (!problems.isEmpty()) {
    await addServerProblems(problems, () => client.request('POST', routes.guests, { ...request, dryRun: true }));
    problems.throwIfAny(notAsTyped('create', input.first));
  }
  if (input.flag('dry-run')) {
    const plan = await client.request<GuestPlan>('POST', routes.guests, { ...request, dryRun: true });
    for (const note of notes) output.say(note);
    return output.result(plan, () => renderPlan(plan));
  }
  const begun = await client.request<Operation>('POST', routes.guests, request);
  if (!input.flag('detach')) await watchOperation(context, begun);
  // Beside the line that says how to log in, not minutes above it.
  for (const note of notes) output.say(note);
  if (input.flag('detach')) return printBegun(context, [begun]);
  const guest = await client.request<GuestDetail>('GET', routes.guest(request.name));
  output.result(guest, () => renderCreated(guest, canRead(guest.ssh.identityFile)));
}

function renderPlan({ spec, steps, warnings = [] }: GuestPlan): string {
  const lines = steps.map(({ title, why }, index) => `${String(index + 1).padStart(2)}. ${title}\n    ${why}`);
  return `create ${spec.name} would take these steps; nothing was changed\n${lines.join('\n')}\n${warnings.map((one) => `warning: ${one}\n`).join('')}`;
}

export function renderCreated(guest: GuestDetail, readsLodgeKey: boolean): string {
  const { spec, accel } = guest;
  const addresses = [spec.nic.ipv4, spec.nic.ipv6].filter((address) => address !== null).join(', ');
  const { what, how } = wayIn(guest, readsLodgeKey);
  return [
    `${spec.name} is running${addresses === '' ? '' : ` at ${addresses}`}`,
    `${what}: ${how}`,
    ...(accel === 'tcg' && spec.accel === 'auto' ? ['under emulation, which is slow: lodge doctor says why'] : []),
    '',
  ].join('\n');
}

/** What comes from a CD, or has nothing on its disk, shows itself on the screen first. */
function wayIn(guest: GuestDetail, readsLodgeKey: boolean): { what: string; how: string } {
  const { name, image } = guest.spec;
  if (image === null) return { what: 'its screen', how: `lodge vnc ${name}` };
  return loginWay(guest, readsLodgeKey) ?? { what: 'log in', how: `lodge console ${name}` };
}
