import { formatDuration } from '../base/clock.ts';
import { type Operation, type OperationStep, operationTitle, type StepState } from '../model/operation.ts';
import type { Paint } from './output.ts';

const MARKS: Record<StepState, { mark: string; style: Parameters<Paint>[0] }> = {
  pending: { mark: '·', style: 'dim' },
  running: { mark: '>', style: 'cyan' },
  done: { mark: '✓', style: 'green' },
  failed: { mark: '✗', style: 'red' },
  cancelled: { mark: '✗', style: 'yellow' },
  undone: { mark: '<', style: 'yellow' },
  kept: { mark: '<', style: 'yellow' },
};

/** The live block: a title and a line for each step, none wider than `columns`, no more of them than fit in `rows`. */
export function renderProgress(
  operation: Operation,
  view: { nowMs: number; columns: number; rows: number; paint: Paint },
): string[] {
  const { columns, rows, paint } = view;
  const state = operation.state === 'undoing' ? ' (taking it back)' : '';
  const lines = [paint('bold', clip(`${operationTitle(operation)}${state}`, columns))];
  for (const step of operation.steps) {
    const { mark, style } = MARKS[step.state];
    const text = clip(stepText(step, view.nowMs), columns - 4);
    lines.push(`  ${paint(style, mark)} ${step.state === 'pending' ? paint('dim', text) : text}`);
    if ((step.state === 'running' || step.state === 'kept') && step.detail !== null) {
      lines.push(`    ${paint('dim', clip(step.detail, columns - 4))}`);
    }
  }
  const room = Math.max(2, rows - 1);
  return lines.length <= room ? lines : [...lines.slice(0, 1), ...lines.slice(lines.length - room + 1)];
}

/** `make the disk, 10GiB over debian-12  0.1 s`, as far as the step has come. */
function stepText(step: OperationStep, nowMs: number): string {
  const elapsed = elapsedMs(step, nowMs);
  return elapsed === null ? step.title : `${step.title}  ${formatDuration(elapsed)}`;
}

function elapsedMs(step: OperationStep, nowMs: number): number | null {
  if (step.startedAtMs === null) return null;
  return Math.max(0, (step.endedAtMs ?? nowMs) - step.startedAtMs);
}

/** One line for a log: `make the disk … 0.1 s`, `boot … failed after 3.0 s`. Undefined while there is nothing to tell. */
export function plainLine(step: OperationStep, nowMs: number): string | undefined {
  const elapsed = formatDuration(elapsedMs(step, nowMs) ?? 0);
  switch (step.state) {
    case 'done':
      return `${step.title} … ${elapsed}`;
    case 'failed':
      return `${step.title} … failed after ${elapsed}${step.detail === null ? '' : `: ${step.detail}`}`;
    case 'cancelled':
      return `${step.title} … cancelled after ${elapsed}`;
    case 'kept':
      return `${step.title} … not taken back${step.detail === null ? '' : `: ${step.detail}`}`;
    case 'undone':
      return `${step.title} … taken back`;
    case 'running':
    case 'pending':
      return undefined;
  }
}

/** What a log that stands still waits for: `boot …, kernel`. */
export function begunLine({ title, detail }: OperationStep): string {
  return `${title} …${detail === null ? '' : ` ${detail}`}`;
}

/** A sign of life of a step that takes long: `build the image … 1 min 0 s, unpacking 143/210`. */
export function stillLine(step: OperationStep, nowMs: number): string {
  const detail = step.detail === null ? '' : `, ${step.detail}`;
  return `${step.title} … ${formatDuration(elapsedMs(step, nowMs) ?? 0)} so far${detail}`;
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(1, columns - 1))}…`;
}
