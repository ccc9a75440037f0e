/**
 * Draws an operation's progress on this terminal, as every long command does: `node draw-progress.ts STEPS UPDATES`. The file $RESIZED is
 * made once a new size of the terminal has come.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { createOutput } from '../../src/cli/output.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { operation, operationStep } from './fake-answers.ts';

const [stepCount, updates] = process.argv.slice(2).map(Number) as [number, number];
const { env, stderr, stdin, stdout } = process;
const lines = createInterface({ input: stdin });
const progress = createProgress(createOutput({ stdout, stderr, json: false, env }), { nowMs: () => 60_000 });

// Node hears of a new size by a signal, and what is typed meanwhile overtakes it.
stderr.on('resize', () => env.RESIZED && writeFileSync(env.RESIZED, ''));

/** The running step says what it does, in words of every length. */
function picture(at: number) {
  const running = Math.floor((at * stepCount) / updates);
  const steps = Array.from({ length: stepCount }, (_, index) => {
    const state = index < running ? 'done' : index === running ? 'running' : 'pending';
    const times = state === 'pending' ? {} : { startedAtMs: 0, endedAtMs: state === 'done' ? 1000 : null };
    return operationStep(`step-${index}`, {
      title: `do the part number ${index} of the work`,
      state,
      detail: state === 'running' ? `unpacking ${'package '.repeat(at % 23)}` : null,
      ...times,
    });
  });
  return operation({ kind: 'guest.create', subject: 'counted', steps, state: at === updates ? 'done' : 'running' });
}

for (let at = 0; at < updates; at += 1) {
  progress.update(picture(at));
  // In the middle the other side may change the terminal.
  if (at === Math.floor(updates / 2)) {
    stderr.write('');
    await lines.question('');
  }
}
progress.update(picture(updates));
progress.end();
stdout.write('ended\n');
await lines.question('');
lines.close();
