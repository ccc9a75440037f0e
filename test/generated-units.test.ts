import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderNetworkUnits } from '../src/render/network-units.ts';
import { renderDaemonUnits } from '../src/render/systemd-units.ts';
import { propertyRuns } from './support/property-runs.ts';
import { EVERY_SIGN, hostileWord, shortened } from './support/recorded-calls.ts';

// What systemd itself reads out of the units that are made of paths. `systemd --test` loads them as the host's would, starts nothing, and
// prints all it has understood; it refuses root, so it is nobody's.

const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];
/** systemd loads the whole boot each time. */
const RUNS = propertyRuns(4);

/** C's escapes, as quote_command_line writes them. */
function unquoted(word: string): string {
  const inner = /^"(.*)"$/s.exec(word)?.[1];
  const bytes = (inner ?? word).replace(/\\(?:([0-7]{3})|(.))/g, (_, octal: string | undefined, letter: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }[letter] ?? letter;
  });
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The command line, and the mounts that are waited for, of each unit. What variables make of a command is for later: `$$` is there still. */
function readBySystemd(units: readonly { name: string; text: string }[]): Record<string, string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-units-'));
  try {
    chmodSync(directory, 0o755);
    for (const { name, text } of units) writeFileSync(join(directory, name), text, { mode: 0o644 });
    const names = units.map(({ name }) => name).filter((name) => name.endsWith('.service'));
    return Object.fromEntries(
      names.map((name) => {
        const words = [...NOBODY, '/lib/systemd/systemd', '--test', '--system', `--unit=${name}`];
        const env = { SYSTEMD_UNIT_PATH: `${directory}:`, SYSTEMD_LOG_TARGET: 'console', LC_ALL: 'C' };
        const said = execFileSync('setpriv', words, {
          env,
          encoding: 'latin1',
          maxBuffer: 64 * 1024 * 1024,
          stdio: 'pipe',
        });
        const own = said.slice(said.indexOf(`-> Unit ${name}:`)).split('\n\t-> Unit ')[0] ?? '';
        const command = /Command Line: (.*)/.exec(own)?.[1] ?? '';
        const found = command.match(/"(?:\\.|[^"\\])*"|[^\s"]+/g)?.map(unquoted) ?? [];
        const mounts = [...own.matchAll(/RequiresMountsFor: (.*) \(origin-file\)/g)].map(([, path = '']) => path);
        return [name, [...found, ...mounts.map((path) => Buffer.from(path, 'latin1').toString('utf8'))]];
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const pathPart = hostileWord.map((word) => shortened(word.replaceAll('/', ''), 40));
const plain = (word: string) => word.replace(/["'\\\p{Cc}]/gu, '');
const programPart = pathPart.map(plain);

test('systemd starts the program that was meant with the words that were meant', () => {
  fc.assert(
    fc.property(programPart, pathPart, (directory, word) => {
      // It looks whether the program is there.
      const place = mkdtempSync(join(tmpdir(), 'lodge-program-'));
      try {
        chmodSync(place, 0o755);
        const program = join(place, `it ${directory}`, 'node');
        mkdirSync(join(place, `it ${directory}`));
        cpSync('/bin/true', program);
        const command = [program, '--option=1', `/srv/${word}/daemon.mjs`];
        const [service, socket] = renderDaemonUnits({ command, socketPath: '/run/lodge/lodge.sock', group: 'root' });
        assert.ok(service && socket);
        const read = readBySystemd([service, socket])['lodge.service'] ?? [];
        assert.deepEqual(
          read.map((one, index) => (index === 0 ? one : one.replaceAll('$$', '$'))),
          command,
        );
      } finally {
        rmSync(place, { recursive: true });
      }
    }),
    { ...RUNS, examples: [[plain(EVERY_SIGN), EVERY_SIGN]] },
  );
});

test('the units of the network run the script that was meant, once its file system is there', () => {
  fc.assert(
    fc.property(pathPart, (part) => {
      const directory = `/srv/x${part.replace(/\p{Cc}/gu, '')}x`;
      const read = readBySystemd(renderNetworkUnits(`${directory}/boot.sh`));
      const meant = (phase: string) => ['/bin/sh', `${directory}/boot.sh`, phase];
      const words = Object.entries(read).map(([name, all]) => [name, all.map((one) => one.replaceAll('$$', '$'))]);
      assert.deepEqual(Object.fromEntries(words), {
        'lodge-network.service': [...meant('early'), directory.replaceAll('$$', '$')],
        'lodge-network-late.service': meant('late'),
      });
    }),
    { ...RUNS, examples: [[EVERY_SIGN]] },
  );
});

test('a program that systemd takes under no name is refused with it', () => {
  for (const name of ['a"b', "it's", 'back\\slash', 'line\nend']) {
    const command = [`/opt/${name}/node`];
    assert.throws(
      () => renderDaemonUnits({ command, socketPath: '/run/x', group: 'root' }),
      (error: Error) => {
        assert.match(error.message, /cannot be written for systemd: it takes no program with a quote/);
        assert.ok(error.message.includes(JSON.stringify(command[0])));
        return true;
      },
    );
  }
});
