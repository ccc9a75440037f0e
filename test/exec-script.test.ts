import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exec } from '../src/host/exec.ts';
import { EXEC_RUN } from '../src/render/exec-script.ts';

let directory: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'lodge-exec-'));
  const put = (name: string, text: string, mode: number) => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), mode);
  };
  put('plain', 'echo hello\n', 0o644);
  put('lost', '#! /no/such/python -u\n', 0o755);
  put('dos', '#!/bin/sh\r\necho hello\r\n', 0o755);
  put('good', '#!/bin/sh\necho "$1|$program|$count"\n', 0o755);
  put('bare', 'echo bare\n', 0o755);
  put('blocked', '#!/etc/passwd\n', 0o755);
  put('folder', '#! /etc\n', 0o755);
  mkdirSync(join(directory, 'sub'));
  const programs: Record<string, Buffer> = {
    arm: elf({ machine: 183 }),
    'arm-static': elf({ machine: 183, system: 3 }),
    's390 big': elf({ machine: 22, bigEndian: true }),
    loongarch: elf({ machine: 258 }),
    object: elf({ type: 1 }),
    musl: elf({ loader: '/lib/ld-musl-x86_64.so.1' }),
    'musl-lines': elf({ loader: '/lib/ld-musl-x86_64.so.1', entry: 0x0a0a0a2f }),
    nix: elf({ loader: '/nix/store/0c7-glibc-2.40/lib/ld-linux-x86-64.so.2' }),
    windows: Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0', 'latin1'),
    archive: Buffer.from('PK\x03\x04\n\0', 'latin1'),
  };
  for (const [name, bytes] of Object.entries(programs)) writeFileSync(join(directory, name), bytes, { mode: 0o755 });
});

interface Elf {
  machine?: number;
  type?: number;
  system?: number;
  bigEndian?: boolean;
  loader?: string;
  entry?: number;
}

/** The head of a program for Linux, with the name of its loader where a linker puts it; elf(5). */
function elf({ machine = 62, type = 3, system = 0, bigEndian = false, loader, entry = 0x1050 }: Elf): Buffer {
  const bytes = Buffer.alloc(0x400);
  bytes.write('\x7fELF', 0, 'latin1');
  bytes.set([2, bigEndian ? 2 : 1, 1, system], 4);
  const [two, four] = bigEndian
    ? (['writeUInt16BE', 'writeUInt32BE'] as const)
    : (['writeUInt16LE', 'writeUInt32LE'] as const);
  bytes[two](type, 16);
  bytes[two](machine, 18);
  bytes[four](1, 20);
  bytes[four](entry, 24);
  if (loader !== undefined) bytes.write(`\x01\0\0\0\0\0\0\0${loader}\0\x04\0\0\0`, 0x310, 'latin1');
  return bytes;
}
after(() => rmSync(directory, { recursive: true, force: true }));

/** As the script in the guest starts it: whose shell, in which directory, with which variables, what. */
async function run(shell: string, cwd: string, env: string[], command: string[]) {
  const [program = '', ...first] = SHELLS[shell] ?? [];
  const words = [...first, '-c', EXEC_RUN, 'lodge: web1', cwd, String(env.length), ...env, ...command];
  const okExitCodes = [0, 1, 2, 3, 126, 127];
  const { exitCode, stdout, stderr } = await exec(program, words, {
    env: { PATH: process.env.PATH ?? '', HOME: '/', USER: 'root' },
    okExitCodes,
  });
  return [exitCode, stdout, stderr];
}

const SHELLS: Record<string, string[]> = { sh: ['sh'], bash: ['bash'], busybox: ['busybox', 'sh'] };

for (const shell of Object.keys(SHELLS)) {
  test(`what cannot run in the guest is told in our words and not in those of ${shell}`, async () => {
    const refused = async (code: number, words: string, command: string[], cwd = '', env: string[] = []) =>
      assert.deepEqual(await run(shell, cwd, env, command), [code, '', `lodge: web1: ${words}\n`]);
    await refused(127, 'there is no program no-such-program in the guest', ['no-such-program']);
    // A builtin of the shell is no program, and neither is a function of ours.
    await refused(127, 'there is no program lodge_refuse in the guest', ['lodge_refuse', 'x', '1']);
    await refused(127, 'there is no program /no/such in the guest', ['/no/such']);
    await refused(127, 'there is no program * in the guest', ['*'], directory);
    await refused(127, "there is no program $(id); 'x' in the guest", ["$(id); 'x'"]);
    await refused(126, `${directory}/plain in the guest is not executable`, [join(directory, 'plain')]);
    await refused(126, 'sub/../plain in the guest is not executable', ['sub/../plain'], directory);
    await refused(126, `${directory}/plain in the guest is not executable`, ['plain'], '', [`PATH=/x:${directory}`]);
    await refused(126, '/etc in the guest is a directory, no program', ['/etc']);
    await refused(127, './lost in the guest is run by /no/such/python, which is not there', ['./lost'], directory);
    const noProgram = (name: string, by: string) =>
      refused(126, `./${name} in the guest is run by ${by}, which is no program`, [`./${name}`], directory);
    await noProgram('blocked', '/etc/passwd');
    await noProgram('folder', '/etc');
    for (const name of ['arm', 'arm-static', 's390 big', 'loongarch'])
      await refused(126, `./${name} in the guest is for another kind of processor`, [`./${name}`], directory);
    for (const name of ['object', 'windows', 'archive'])
      await refused(126, `./${name} in the guest is no program that it can run`, [`./${name}`], directory);
    const loadedBy = (name: string, by: string) =>
      refused(127, `./${name} in the guest is loaded by ${by}, which is not there`, [`./${name}`], directory);
    await loadedBy('musl', '/lib/ld-musl-x86_64.so.1');
    await loadedBy('musl-lines', '/lib/ld-musl-x86_64.so.1');
    await loadedBy('nix', '/nix/store/0c7-glibc-2.40/lib/ld-linux-x86-64.so.2');
    await refused(126, './dos in the guest ends its lines with CR LF', ['./dos'], directory);
    await refused(126, '--cwd: there is no directory /no/such in the guest', ['true'], '/no/such');
    await refused(126, `--cwd: ${directory}/plain is no directory of the guest`, ['true'], join(directory, 'plain'));
  });

  test(`what can run does, with its own words, by ${shell}`, async () => {
    const variables = ['program=a b', 'count=7'];
    assert.deepEqual(await run(shell, directory, variables, ['./good', "$x 'y'"]), [0, "$x 'y'|a b|7\n", '']);
    assert.deepEqual(await run(shell, '', [`PATH=/x::${directory}`], ['good', '1']), [0, '1||\n', '']);
    assert.deepEqual(await run(shell, directory, [], ['./bare']), [0, 'bare\n', '']);
    // With a loader that is there, and one without.
    for (const program of [process.execPath, '/bin/ls', '/sbin/ldconfig'])
      assert.equal((await run(shell, '', [], [program, '--version']))[0], 0, program);
    assert.deepEqual(await run(shell, directory, [], ['sh', '-c', 'pwd; echo oops >&2; exit 3']), [
      3,
      `${directory}\n`,
      'oops\n',
    ]);
  });
}
