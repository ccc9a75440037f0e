import type { Clock } from '../base/clock.ts';
import type { Operation } from '../model/operation.ts';
import type { Output } from './output.ts';
import { operationTitle, plainLine, renderProgress, stillLine } from './progress-text.ts';

const REDRAW_MS = 200;
const SIGN_OF_LIFE_MS = 30_000;

/** Shows how an operation comes along, on stderr. */
export interface Progress {
  update(operation: Operation): void;
  /** Leaves the last picture standing. */
  end(): void;
}

/** A block redrawn in place on a terminal, elsewhere a line for each step that ends. */
export function createProgress(output: Output, clock: Clock): Progress {
  return output.stderr.isTTY === true ? liveProgress(output, clock) : plainProgress(output, clock);
}

function liveProgress(output: Output, clock: Clock): Progress {
  const { stderr } = output;
  let current: Operation | undefined;
  let drawn = 0;
  const draw = () => {
    if (current === undefined) return;
    // A terminal that was never told its size says 0.
    const columns = stderr.columns || 80;
    const rows = stderr.rows || 24;
    const lines = renderProgress(current, { nowMs: clock.nowMs(), columns, rows, paint: output.paintTalk });
    // CSI n F: to the beginning of the line n lines up; CSI J: erase to the end of the screen.
    stderr.write(`${drawn === 0 ? '' : `\u001b[${drawn}F\u001b[J`}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, REDRAW_MS).unref();
  return {
    update(operation) {
      current = operation;
      draw();
    },
    end() {
      clearInterval(timer);
      draw();
    },
  };
}

function plainProgress(output: Output, clock: Clock): Progress {
  const told = new Map<string, string>();
  let current: Operation | undefined;
  const tell = (key: string, line: string | undefined) => {
    if (line === undefined || told.get(key) === line) return;
    told.set(key, line);
    output.say(line);
  };
  const timer = setInterval(() => {
    const step = current?.steps.find(({ state }) => state === 'running');
    if (step !== undefined) output.say(stillLine(step, clock.nowMs()));
  }, SIGN_OF_LIFE_MS).unref();
  return {
    update(operation) {
      current = operation;
      for (const step of operation.steps) tell(step.id, plainLine(step, clock.nowMs()));
      if (operation.state === 'undoing') tell('', `${operationTitle(operation)} … taking it back`);
    },
    end: () => clearInterval(timer),
  };
}
