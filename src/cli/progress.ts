import type { Clock } from '../base/clock.ts';
import { valueForTerminal } from '../base/terminal-text.ts';
import { type Operation, operationTitle } from '../model/operation.ts';
import type { Output } from './output.ts';
import { begunLine, plainLine, renderProgress, stillLine } from './progress-text.ts';

const REDRAW_MS = 200;
const SIGN_OF_LIFE_MS = 30_000;
/** A step that takes longer has a line when it runs, and not only when it has ended: a log shows what it waits for. */
const BEGUN_AFTER_MS = 3000;

/** Shows how an operation comes along, on stderr. */
export interface Progress {
  update(operation: Operation): void;
  /** Leaves the last picture standing. */
  end(): void;
}

/** A block redrawn in place on a terminal that can, elsewhere a line for each step that ends, and before it one for a step that takes long. */
export function createProgress(output: Output, clock: Clock): Progress {
  const isLive = output.stderr.isTTY === true && !output.isDumb;
  const { update, end } = isLive ? liveProgress(output, clock) : plainProgress(output, clock);
  // It is for a person under --json too, where everything else is exact.
  return { update: (operation) => update(valueForTerminal(operation) as Operation), end };
}

function liveProgress(output: Output, clock: Clock): Progress {
  const { stderr } = output;
  let current: Operation | undefined;
  let drawn = 0;
  // A terminal that was never told its size says 0.
  const width = () => stderr.columns || 80;
  let columns = width();
  const draw = (isLast: boolean) => {
    if (current === undefined) return;
    if (width() !== columns) {
      // Made narrower, the terminal has wrapped the lines, each as it likes: a new picture begins below instead of among them.
      if (width() < columns) drawn = 0;
      columns = width();
      // Whoever pulls at a window gets the next picture when he lets go.
      if (!isLast) return;
    }
    const lines = renderProgress(current, {
      nowMs: clock.nowMs(),
      columns,
      rows: stderr.rows || 24,
      paint: output.paintTalk,
    });
    stderr.write(overdraw(drawn, lines));
    drawn = lines.length;
  };
  const timer = setInterval(() => draw(false), REDRAW_MS).unref();
  return {
    update(operation) {
      current = operation;
      draw(false);
    },
    end() {
      clearInterval(timer);
      draw(true);
    },
  };
}

/**
 * Line by line over the lines that stand there. Erasing to the screen's end in one go (CSI J) makes tmux keep a copy of the block
 * in its history each time when the block begins at the top.
 *
 *     CSI n F   to the beginning of the line n lines up        CSI K   erase to the end of the line
 *     CSI ?7 l  a line that is too wide is cut and not wrapped  CSI ?7 h  wrapped again
 */
function overdraw(drawn: number, lines: readonly string[]): string {
  const left = Math.max(0, drawn - lines.length);
  const text = [...lines, ...Array<string>(left).fill('')].map((line) => `${line}\u001b[K\n`).join('');
  return `${up(drawn)}\u001b[?7l${text}${up(left)}\u001b[?7h`;
}

function up(lines: number): string {
  return lines === 0 ? '' : `\u001b[${lines}F`;
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
  const tellBegun = () => {
    const step = current?.steps.find(({ state }) => state === 'running');
    if (step === undefined || step.startedAtMs === null || told.has(step.id)) return;
    if (clock.nowMs() - step.startedAtMs >= BEGUN_AFTER_MS) tell(step.id, begunLine(step));
  };
  const begun = setInterval(tellBegun, BEGUN_AFTER_MS / 3).unref();
  return {
    update(operation) {
      current = operation;
      for (const step of operation.steps) tell(step.id, plainLine(step, clock.nowMs()));
      if (operation.state === 'undoing') tell('', `${operationTitle(operation)} … taking it back`);
      tellBegun();
    },
    end() {
      clearInterval(timer);
      clearInterval(begun);
    },
  };
}
