import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runLine } from '../../test/support/run-line.ts';
import { isStranding } from './commands/daemon-stop.ts';
import { createInput } from './input.ts';
import { changeableByOthers } from './link-launcher.ts';
import { createOutput } from './output.ts';
import { setupLink } from './setup-link.ts';

/** A place for the link, two checkouts, and what `setup` says there. */
function openPlace() {
  const root = mkdtempSync(join(tmpdir(), 'lodge-link-'));
  for (const name of ['bin', 'ours', 'other']) mkdirSync(join(root, name));
  for (const name of ['ours', 'other']) writeFileSync(join(root, name, 'lodge'), '#!/bin/sh\n', { mode: 0o755 });
  const [link, launcher, completion] = [join(root, 'bin/lodge'), join(root, 'ours/lodge'), join(root, 'share/c/lodge')];
  const setup = (...options: string[]) => {
    let said = '';
    const write = (text: unknown) => (said += String(text));
    const output = createOutput({ stdout: { write }, stderr: { write }, json: false, env: {} });
    const input = createInput([], Object.fromEntries(options.map((option) => [option, true])));
    setupLink({ env: { PATH: `/bin:${join(root, 'bin')}` }, output }, input, { link, launcher, completion });
    return said;
  };
  return { root, link, launcher, completion, setup, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

describe('lodge setup --link', () => {
  test('makes the link and the completion, twice without a change, and --unlink takes both away', () => {
    using place = openPlace();
    assert.match(place.setup('link'), new RegExp(`^${place.link} leads to ${place.launcher}\n`));
    assert.equal(readlinkSync(place.link), place.launcher);
    assert.match(readFileSync(place.completion, 'utf8'), /^# bash completion for lodge\n/);
    assert.match(place.setup('link'), /leads to .* already\n/);
    const both = `${place.link} was removed\nbash's completion was removed: ${place.completion}\n`;
    assert.equal(place.setup('unlink'), both);
    assert.equal(place.setup('unlink'), `${place.link} was not there\n`);
    assert.deepEqual(readdirSync(place.root).sort(), ['bin', 'other', 'ours'], 'nor the directories made for it');
  });

  test('--unlink leaves the directories in which somebody else has something', () => {
    using place = openPlace();
    place.setup('link');
    writeFileSync(join(place.root, 'share/others'), '');
    place.setup('unlink');
    assert.deepEqual(readdirSync(join(place.root, 'share')), ['others']);
  });

  test("another checkout's link is named, and replaced when that is said", () => {
    using place = openPlace();
    const other = join(place.root, 'other/lodge');
    for (const target of [other, '../other/lodge', join(place.root, 'gone/lodge')]) {
      symlinkSync(target, place.link);
      assert.throws(() => place.setup('link'), /leads to another Lodge, .*\/lodge$/);
      assert.throws(() => place.setup('unlink'), /leads to another Lodge, .* and stays$/);
      assert.equal(readlinkSync(place.link), target);
      place.setup('link', 'replace');
      assert.equal(readlinkSync(place.link), place.launcher);
      assert.deepEqual(readdirSync(join(place.root, 'bin')), ['lodge']);
      rmSync(place.link);
    }
  });

  test('a link of ours by another path is ours', () => {
    using place = openPlace();
    symlinkSync('../ours/lodge', place.link);
    assert.match(place.setup('link'), /already/);
  });

  test('what somebody else put there is never touched, --replace or not', () => {
    using place = openPlace();
    writeFileSync(join(place.root, 'program'), '');
    const foreign: [string, () => void][] = [
      ['a file', () => writeFileSync(place.link, 'mine')],
      ['a directory', () => mkdirSync(place.link)],
      ['a link to .*/program', () => symlinkSync(join(place.root, 'program'), place.link)],
    ];
    for (const [what, plant] of foreign) {
      plant();
      const before = lstatSync(place.link).ino;
      for (const options of [['link'], ['link', 'replace'], ['unlink']]) {
        assert.throws(() => place.setup(...options), new RegExp(`is ${what}, and not ours: it stays`));
      }
      assert.equal(lstatSync(place.link).ino, before);
      rmSync(place.link, { recursive: true });
    }
    mkdirSync(join(place.root, 'share/c'), { recursive: true });
    writeFileSync(place.completion, 'complete -W "mine" lodge\n');
    assert.match(place.setup('link'), /is not ours and stays: lodge completion bash prints the script/);
    place.setup('unlink');
    assert.equal(readFileSync(place.completion, 'utf8'), 'complete -W "mine" lodge\n');
  });

  test('root is told who else may change what the name runs', () => {
    using place = openPlace();
    const checkout = join(place.root, 'ours');
    chmodSync(checkout, 0o777);
    assert.equal(changeableByOthers(place.launcher), checkout);
    chmodSync(checkout, 0o755);
    assert.notEqual(changeableByOthers(place.launcher), checkout);
  });

  test('--dry-run says what would be made or removed, is refused where that would be, and changes nothing', () => {
    using place = openPlace();
    const look = () => readdirSync(place.root, { recursive: true }).sort();
    const before = look();
    assert.match(place.setup('link', 'dryRun'), /would lead to .*; nothing was changed\nbash would complete it /);
    assert.deepEqual(look(), before);
    place.setup('link');
    const linked = look();
    const both = `${place.link} would be removed\nbash's completion would be removed: ${place.completion}\n`;
    assert.equal(place.setup('unlink', 'dryRun'), `${both}nothing was changed\n`);
    assert.match(place.setup('link', 'dryRun'), /leads to .* already\n/);
    assert.deepEqual(look(), linked);
    rmSync(place.link);
    symlinkSync('../other/lodge', place.link);
    for (const option of ['link', 'unlink']) {
      assert.throws(() => place.setup(option, 'dryRun'), /leads to another Lodge/);
    }
    assert.match(place.setup('link', 'replace', 'dryRun'), /would lead to /);
    assert.equal(readlinkSync(place.link), '../other/lodge');
  });

  test('it comes alone, asks no daemon, and no hint does what was not asked for', async () => {
    const lines: [string, string][] = [
      ['--link --unlink', '--help'],
      ['--link --unlink --dry-run', '--help'],
      ['--link --replace --backports', '--help'],
      ['--unlink --detach', '--help'],
      ['--unlink --replace', '--help'],
      ['--replace', '--link --replace'],
    ];
    for (const [options, hint] of lines) {
      const { code, text } = await runLine(['setup', ...options.split(' ')], '/nowhere');
      assert.equal(code, 2, text);
      assert.match(text, /^lodge: --(?:link|unlink|replace): /);
      assert.ok(text.endsWith(`hint: lodge setup ${hint}\n`), text);
    }
  });
});

test('who could not start the daemon again does not stop it', () => {
  assert.deepEqual(
    [
      isStranding(0, 0),
      isStranding(1000, 0),
      isStranding(1000, 1000),
      isStranding(0, 1000),
      isStranding(1000, undefined),
    ],
    [false, true, false, false, false],
  );
});
