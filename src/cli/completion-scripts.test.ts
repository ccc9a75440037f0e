import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cliCommand } from '../../test/support/cli-process.ts';
import { guestRow } from '../../test/support/fake-answers.ts';
import { type FakeDaemon, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import { startTmux } from '../../test/support/tmux.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';

const run = promisify(execFile);

/** A file of a stranger's: its name is a command, twice, and has quotes. */
const EVIL = `evil $(touch ran)\`touch ran\`;touch ran;'"\\ .img`;

/** A home with some files, our scripts, and `lodge` both on the PATH and as `./lodge`. */
function makeHome(daemon: FakeDaemon) {
  daemon.on('GET /v1/guests', () => [guestRow('web1'), guestRow('mail')]);
  const home = join(daemon.root, 'home');
  mkdirSync(join(home, 'bin'), { recursive: true });
  mkdirSync(join(home, 'images'));
  for (const file of ['install.iso', 'in two words.iso', 'images/a.qcow2', EVIL]) writeFileSync(join(home, file), '');
  for (const shell of SHELLS) writeFileSync(join(home, `completion.${shell}`), completionScript(shell) ?? '');
  for (const path of ['bin/lodge', 'lodge']) {
    const note = '[ "$1" = complete ] || { printf "%s\\n" "$@" >"$HOME/typed"; exit; }';
    writeFileSync(join(home, path), `#!/bin/sh\n${note}\nexec ${cliCommand(['"$@"']).join(' ')}\n`);
    chmodSync(join(home, path), 0o755);
  }
  const env = { HOME: home, PATH: `${home}/bin:${process.env.PATH}`, LODGE_ROOT: daemon.root, ZDOTDIR: home };
  return { home, env };
}

/** What was typed up to the Tab, and how the line goes on after it. */
const TABS: readonly (readonly [string, string])[] = [
  ['lodge sh', 'lodge show '],
  ['lodge rm ma', 'lodge rm mail '],
  ['./lodge rm ma', './lodge rm mail '],
  ['lodge create a --iso ./ins', 'lodge create a --iso ./install.iso '],
  ['lodge create a --iso=ins', 'lodge create a --iso=install.iso '],
  ['lodge create a --firmware u', 'lodge create a --firmware uefi '],
  ['lodge create a --firmware=u', 'lodge create a --firmware=uefi '],
  ['lodge net plan --layout subn', 'lodge net plan --layout subnet-bridge '],
  ['lodge help oper', 'lodge help operation '],
  ['lodge image import images/a', 'lodge image import images/a.qcow2 '],
];

for (const [shell, command] of [
  ['bash', 'bash --norc'],
  ['zsh', 'zsh -f'],
] as const) {
  test(`a Tab in a real ${shell}`, async () => {
    await using daemon = await startFakeDaemon();
    const { home, env } = makeHome(daemon);
    await using terminal = await startTmux(command, { env, cwd: home, columns: 120, rows: 50 });
    await terminal.seen(/[#$%] *$/m);
    const load = shell === 'zsh' ? "PS1='%% '; autoload -U compinit && compinit -u; " : "PS1='% '; ";
    await terminal.type(`${load}source ./completion.${shell}; clear`);
    await terminal.key('Enter');
    await terminal.seen(/^% $|^% *\n/);
    for (const [typed, completed] of shell === 'bash' ? TABS : TABS.slice(0, 5)) {
      await terminal.type(typed);
      await terminal.key('Tab');
      await terminal.type('Z');
      const escaped = completed.replace(/[.*+?|]/g, '\\$&');
      await terminal.seen(new RegExp(`% ${escaped}Z`));
      await terminal.key('C-u');
    }
    // Words are handed on as they are: nothing of them is run.
    await terminal.type('lodge show $(touch ran) w');
    await terminal.key('Tab');
    await terminal.key('C-u');
    // A file's name goes into the line so that the shell reads it back as it is.
    await terminal.type('lodge image import ev');
    await terminal.key('Tab');
    await terminal.key('Enter');
    await terminal.type('clear; echo after');
    await terminal.key('Enter');
    await terminal.seen(/^after$/m);
    assert.equal(existsSync(join(home, 'ran')), false);
    assert.equal(readFileSync(join(home, 'typed'), 'utf8'), `image\nimport\n${EVIL}\n`);
  });
}

test('what a real fish offers', async () => {
  await using daemon = await startFakeDaemon();
  const { home, env } = makeHome(daemon);
  for (const [typed, completed] of TABS.slice(0, 5)) {
    const script = `source ./completion.fish; complete -C '${typed}'`;
    const { stdout } = await run('fish', ['--no-config', '-c', script], { cwd: home, env: { ...process.env, ...env } });
    const last = completed.trimEnd().split(' ').at(-1);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')[0]),
      [last],
      typed,
    );
  }
  const offered = await run(
    'fish',
    ['--no-config', '-c', "source ./completion.fish; complete -C 'lodge image import ev'"],
    {
      cwd: home,
      env: { ...process.env, ...env },
    },
  );
  assert.match(offered.stdout, /^.*evil /);
  assert.equal(existsSync(join(home, 'ran')), false);
});
