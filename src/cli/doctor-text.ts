import type { DoctorReport } from '../api/types.ts';
import { renderTable } from '../base/text-table.ts';
import type { AcceleratorMeasurement, DoctorCheck } from '../model/doctor.ts';
import type { Paint } from './output.ts';

const STYLES: Record<DoctorCheck['status'], Parameters<Paint>[0]> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** Each check on a line; what is wrong has its detail and its fix under it. Then what each accelerator did. */
export function renderDoctor(report: DoctorReport, paint: Paint): string {
  const width = Math.max(0, ...report.checks.map(({ id }) => id.length));
  const lines: string[] = [];
  for (const check of report.checks) {
    lines.push(`${paint(STYLES[check.status], check.status.padEnd(4))}  ${check.id.padEnd(width)}  ${check.summary}`);
    if (check.status === 'ok') continue;
    const indent = ' '.repeat(6);
    for (const detail of check.detail.split('\n')) if (detail !== '') lines.push(`${indent}${detail}`);
    for (const fix of check.fix?.split('\n') ?? []) lines.push(`${indent}${paint('bold', 'fix:')} ${fix}`);
  }
  return `${lines.join('\n')}\n${renderAccelerators(report)}\n${renderVerdict(report)}\n`;
}

function renderAccelerators({ accelerator }: DoctorReport): string {
  if (accelerator === null) return '';
  const rows = [['ACCEL', 'VERDICT', 'WHOLE', 'ARITHMETIC', 'SPACE SWITCH', 'FAULTS', 'PORT I/O']];
  for (const measured of accelerator.measurements) rows.push(measurementRow(measured));
  // Why stands in the check `accelerator` above, where something is wrong.
  return `\n${renderTable(rows)}${accelerator.chosen === null ? 'none works' : `${accelerator.chosen} is used`}\n`;
}

function measurementRow(measured: AcceleratorMeasurement): string[] {
  const ms = (value: number | null) => (value === null ? '-' : `${Number(value.toFixed(2))} ms`);
  return [
    measured.accel,
    measured.verdict,
    ms(measured.wholeRunMs),
    ms(measured.arithmeticMs),
    ms(measured.contextSwitchMs),
    ms(measured.pageFaultMs),
    ms(measured.portIoMs),
  ];
}

function renderVerdict({ checks }: DoctorReport): string {
  const count = (status: DoctorCheck['status']) => checks.filter((check) => check.status === status).length;
  return `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to mend`;
}
