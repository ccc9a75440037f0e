import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { eventually } from '../support/netns.ts';

const DRAW = join(import.meta.dirname, '../support/draw-progress.ts');
const UPDATES = 60;
const LIMIT_MS = 60_000;

/** A real terminal with a history: tmux, with a server of its own and nobody's configuration. */
async function openTmux(t: TestContext, size: { columns: number; rows: number }, line: string) {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-tmux-'));
  const tmux = (...words: string[]) => exec('tmux', ['-S', join(directory, 'socket'), '-f', '/dev/null', ...words]);
  t.after(async () => {
    await tmux('kill-server').catch(() => {});
    await rm(directory, { recursive: true });
  });
  const { columns, rows } = size;
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), line);
  /** All that can be scrolled back to, and the screen. */
  const history = async () => (await tmux('capture-pane', '-p', '-J', '-S', '-')).stdout;
  return { tmux, history };
}

/** What is typed is not shown: it would move the picture. */
const draw = (steps: number) =>
  `stty -echo; ${process.execPath} --disable-warning=ExperimentalWarning ${DRAW} ${steps} ${UPDATES}`;

for (const [what, size, steps] of [
  ['a block at the top of the screen', { columns: 80, rows: 24 }, 9],
  ['a narrow terminal that is no higher than the block', { columns: 30, rows: 10 }, 12],
] as const) {
  test(`progress leaves one picture in the scrollback: ${what}`, async (t) => {
    const { tmux, history } = await openTmux(t, size, draw(steps));
    await eventually('half is drawn', async () => (await history()).includes('create counted'), LIMIT_MS);
    await tmux('send-keys', 'Enter');
    await eventually('it ended', async () => (await history()).includes('ended'), LIMIT_MS);
    const text = await history();
    assert.equal(text.match(/create counted/g)?.length, 1, text);
    assert.equal(text.match(/number 11? of|do the part number …/g)?.length, 1, text);
    assert.doesNotMatch(text, /unpacking/);
  });
}

test('a terminal that is made narrower in the middle has one more picture, whole and below', async (t) => {
  const resized = join(await mkdtemp(join(tmpdir(), 'lodge-resized-')), 'mark');
  t.after(() => rm(dirname(resized), { recursive: true }));
  const { tmux, history } = await openTmux(t, { columns: 90, rows: 40 }, `export RESIZED=${resized}; ${draw(6)}`);
  await eventually('half is drawn', async () => (await history()).includes('create counted'), LIMIT_MS);
  await tmux('resize-window', '-x', '40', '-y', '40');
  // tmux tells the terminal its new size a while after its own, and that the program.
  await eventually('the terminal is narrower', async () => existsSync(resized), LIMIT_MS);
  await tmux('send-keys', 'Enter');
  await eventually('it ended', async () => (await history()).includes('ended'), LIMIT_MS);
  const text = await history();
  const pictures = text.split('create counted').slice(1);
  assert.equal(pictures.length, 2, text);
  assert.equal(pictures[1]?.match(/^ {2}✓ do the part number \d/gm)?.length, 6, text);
  assert.doesNotMatch(pictures[1] ?? '', /unpacking|package/);
});

test('TERM=dumb gets lines, and no word of a terminal’s language', async (t) => {
  const { tmux, history } = await openTmux(
    t,
    { columns: 80, rows: 24 },
    `export TERM=dumb; ${draw(3)} 2>&1 | cat -v; read -r _`,
  );
  await tmux('send-keys', 'Enter');
  await eventually('it ended', async () => (await history()).includes('ended'), LIMIT_MS);
  assert.doesNotMatch(await history(), /\^\[/);
});
