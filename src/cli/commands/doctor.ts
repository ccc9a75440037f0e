import { routes } from '../../api/routes.ts';
import type { DoctorReport } from '../../api/types.ts';
import { EXIT } from '../../base/error-codes.ts';
import type { CliContext } from '../context.ts';
import { renderDoctor } from '../doctor-text.ts';
import type { CommandInput } from '../input.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<number> {
  if (!output.json && output.stderr.isTTY === true) output.say('checking; the measurement of KVM takes some seconds …');
  const report = await client.request<DoctorReport>('POST', routes.doctor, { refresh: input.flag('refresh') });
  output.result(report, () => renderDoctor(report, output.paint));
  return report.checks.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done;
}
