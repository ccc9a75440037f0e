import { routes } from '../../api/routes.ts';
import type { DoctorReport } from '../../api/types.ts';
import { EXIT } from '../../base/error-codes.ts';
import type { CliContext } from '../context.ts';
import { renderDoctor } from '../doctor-text.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<number> {
  if (!output.json && output.stderr.isTTY === true) output.say('checking; the measurement of KVM takes some seconds …');
  const report = await client.request<DoctorReport>('POST', routes.doctor, { refresh: input.flag('refresh') });
  // A fix is for a person even under --json, as a hint is: named once, for both forms.
  const checks = report.checks.map((check) =>
    check.fix === null ? check : { ...check, fix: output.named(check.fix) },
  );
  output.result(output.json ? { ...report, checks } : report, () => renderDoctor(report, output.paint));
  return report.checks.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done;
}
