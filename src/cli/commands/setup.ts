import { routes } from '../../api/routes.ts';
import type { Operation, SetupPlan } from '../../api/types.ts';
import { EXIT } from '../../base/error-codes.ts';
import { LodgeError, problemText } from '../../base/errors.ts';
import { ask } from '../ask.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { printBegun } from '../run-operations.ts';
import { setupLink, wantsLink } from '../setup-link.ts';
import { watchOperation } from '../watch-operation.ts';

export async function run(context: CliContext, input: CommandInput): Promise<number> {
  const { client, output } = context;
  if (wantsLink(input)) {
    setupLink(context, input);
    return EXIT.done;
  }
  refuseBesideDryRun(input);
  const plan = await client.request<SetupPlan>('GET', routes.setup);
  if (input.flag('dry-run')) {
    output.result(plan, () => renderSetupPlan(plan));
    return EXIT.done;
  }
  output.say(renderSetupPlan(plan));
  const backports = input.flag('backports') || (await askBackports(context, plan));
  const begun = await client.request<Operation>('POST', routes.setup, { backports });
  if (input.flag('detach')) {
    printBegun(context, [begun]);
    return EXIT.done;
  }
  const ended = await watchOperation(context, begun);
  output.result(ended, () => 'the host is set up');
  return EXIT.done;
}

/** @throws USAGE */
function refuseBesideDryRun(input: CommandInput): void {
  const problems = createProblemList();
  const rules = { detach: 'which begins nothing', backports: 'which says whether they have a newer QEMU' };
  for (const [path, why] of Object.entries(rules)) {
    if (input.flag('dry-run') && input.flag(path)) {
      problems.add({ path, rule: `must come without --dry-run, ${why}`, value: undefined });
    }
  }
  problems.throwIfAny(notAsTyped('setup'));
}

export function renderSetupPlan(plan: SetupPlan): string {
  const lines = plan.actions.length === 0 ? ['everything is there already'] : ['setup would do:'];
  lines.push(...plan.actions.map((action) => `  ${action}`));
  // Whoever wants it done is refused with the same words. A daemon of before an update does not say them.
  lines.push(...(plan.problems ?? []).map((problem) => `cannot be done: ${problemText(problem)}`));
  if (plan.backportsQemu !== null) {
    lines.push(`Debian backports offer QEMU ${plan.backportsQemu}: lodge setup --backports takes it`);
  }
  return lines.join('\n');
}

/** Off a terminal the answer is no: the QEMU of the release works as well. */
async function askBackports({ stdin, output }: CliContext, plan: SetupPlan): Promise<boolean> {
  if (plan.backportsQemu === null || output.json || stdin.isTTY !== true || output.stderr.isTTY !== true) return false;
  const { confirm } = await import('@clack/prompts');
  const message = `Take QEMU ${plan.backportsQemu} from Debian backports? It is faster; the one of the release works too.`;
  const answer = await ask(stdin, (streams) => confirm({ message, initialValue: false, ...streams }));
  if (answer === undefined) throw new LodgeError('CANCELLED', 'setup was not begun');
  return answer;
}
