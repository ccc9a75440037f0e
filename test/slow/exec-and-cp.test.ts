import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { bootWeb1 } from '../support/booted-guest.ts';
import type { GuestShell } from '../support/guest-shell.ts';
import { type CliResult, LodgeInstance } from '../support/lodge-instance.ts';

/** What goes wrong in a guest while a command runs there or a copy is made, and what its owner is told of it. */
let lodge: LodgeInstance;
let shell: GuestShell;
let here = '';

before(async () => {
  lodge = await LodgeInstance.open('lgec');
  shell = await bootWeb1(lodge);
  await shell.run(
    `useradd -m bob && mkdir /mnt/small /mnt/full /srv/tree && mount -t tmpfs -o size=1m tmpfs /mnt/small &&
    mount -t tmpfs -o ro tmpfs /mnt/full && echo old >/mnt/small/kept && echo secret >/root/locked && chmod 700 /root`,
  );
  here = join(lodge.root, 'here');
  await mkdir(join(here, 'tree', 'sub'), { recursive: true });
  await writeFile(join(here, 'large'), randomBytes(3 * MIB));
  await writeFile(join(here, 'small'), 'new');
  await writeFile(join(here, 'tree', 'sub', 'large'), randomBytes(3 * MIB));
});
after(async () => {
  await lodge.run(['rm', 'web1', '--yes']);
  await lodge.close();
});

function failed(result: CliResult, exitCode: number, words: string): void {
  assert.deepEqual([result.exitCode, result.stderr.split('\n')[0], result.stdout], [exitCode, `lodge: ${words}`, '']);
}

const copy = (...words: string[]) => lodge.run(['cp', ...words]);
const run = (...words: string[]) => lodge.run(['exec', 'web1', ...words]);

test('what cannot be written in a guest is told by its reason, and the guest keeps what it had', async () => {
  const from = (name: string) => join(here, name);
  failed(await copy(from('large'), 'web1:/mnt/small/'), 1, 'web1: large: the disk is full in the guest');
  failed(await copy(from('large'), 'web1:/mnt/small/kept'), 1, 'web1: large: the disk is full in the guest');
  failed(await copy(from('tree'), 'web1:/mnt/small/'), 1, 'web1: tree/sub/large: the disk is full in the guest');
  const input = 'x'.repeat(3 * MIB);
  const streamed = await lodge.run(['cp', '-', 'web1:/mnt/small/kept'], {}, { input });
  failed(streamed, 1, 'web1: the disk is full in the guest');
  assert.match(streamed.stderr, /hint: how full its disks are: .*lodge exec web1 -- df -h$/m);
  failed(await copy(from('small'), 'web1:/mnt/full'), 1, 'web1: /mnt/full: is on a read-only file system in the guest');
  const bob = ['--user', 'bob', from('small')];
  failed(await copy(...bob, 'web1:/etc'), 1, 'web1: /etc: the account may not write there in the guest');
  failed(await copy(...bob, 'web1:/root/x/y'), 1, 'web1: /root: the account may not enter it in the guest');
  failed(await copy(from('small'), 'web1:/proc'), 1, 'web1: /proc: nothing can be made there in the guest');
  failed(await copy(from('small'), 'web1:/no/such'), 3, 'web1: there is no directory /no in the guest');
  failed(await copy(from('small'), 'web1:/etc/passwd/'), 3, 'web1: /etc/passwd: is no directory of the guest');
  failed(await copy(from('tree'), 'web1:/etc/passwd'), 1, 'web1: /etc/passwd: is in the guest and no directory');
  assert.equal(
    await shell.run('cat /mnt/small/kept; ls -A /mnt/small /mnt/full'),
    'old\n/mnt/full:\n\n/mnt/small:\nkept',
  );
});

test('another file system below the target gets whole files', async () => {
  await shell.run('mkdir -p /srv/tree/sub && mount -t tmpfs -o size=1m tmpfs /srv/tree/sub');
  failed(await copy(join(here, 'tree'), 'web1:/srv/'), 1, 'web1: the disk is full in the guest');
  assert.equal(await shell.run('ls -A /srv/tree/sub; umount /srv/tree/sub; ls -A /srv'), 'tree');
});

test('what cannot be read in a guest is told by its reason, and nothing of it is kept', async () => {
  const to = join(lodge.root, 'to');
  await mkdir(to);
  failed(
    await copy('--user', 'bob', 'web1:/root/locked', to),
    1,
    'web1: /root: the account may not enter it in the guest',
  );
  await shell.run('mkdir /srv/mixed && echo a >/srv/mixed/a && echo b >/srv/mixed/b && chmod 600 /srv/mixed/b');
  const mixed = await copy('--user', 'bob', 'web1:/srv/mixed', to);
  failed(mixed, 1, 'web1: /srv/mixed/b: the account may not read it in the guest');
  failed(await copy('web1:/no/such', to), 3, 'web1: /no/such: there is no such file or directory in the guest');
  failed(await copy('web1:/dev/vda', to), 4, 'web1: /dev/vda: is a device of the guest, and no file or directory');
  await shell.run('mv /usr/bin/tar /usr/bin/tar.off');
  failed(await copy('web1:/srv/mixed', to), 1, 'web1: there is no program tar in the guest, and lodge cp needs it');
  failed(await copy(here, 'web1:/srv'), 1, 'web1: there is no program tar in the guest, and lodge cp needs it');
  await shell.run('mv /usr/bin/tar.off /usr/bin/tar');
  assert.deepEqual(await readdir(to), []);
});

test('a file that goes while its directory is copied is told, and one that shrinks ends the copy', async () => {
  // In the place of tar: after each mebibyte something happens to what tar has seen and not read yet.
  const meanwhile = (what: string) => `#!/bin/sh
case " $* " in *" /dev/null "*) exec /usr/bin/tar "$@" ;; esac
/usr/bin/tar --checkpoint=100 --checkpoint-action=exec='${what}' "$@"
`;
  await shell.run(
    'mkdir /srv/going /srv/shrinking && head -c 3000000 /dev/urandom >/srv/going/1 && cp /srv/going/1 /srv/going/2 && cp /srv/going/1 /srv/shrinking/',
  );
  const to = join(lodge.root, 'moved');
  await mkdir(to);
  const copied = async (name: string, what: string) => {
    const put = ['exec', 'web1', '--', 'sh', '-c', 'cat >/usr/local/bin/tar; chmod +x /usr/local/bin/tar'];
    assert.equal((await lodge.run(put, {}, { input: meanwhile(what) })).exitCode, 0);
    const result = await copy(`web1:/srv/${name}`, to);
    await shell.run('rm /usr/local/bin/tar');
    return result;
  };
  const going = await copied('going', 'rm -f /srv/going/*');
  assert.match(going.stderr, /^web1: \/srv\/going\/[12]: vanished while it was copied$/m);
  assert.deepEqual([going.exitCode, (await readdir(join(to, 'going'))).length], [0, 1]);
  const shrinking = await copied('shrinking', 'truncate -s 1000 /srv/shrinking/1');
  failed(shrinking, 1, 'web1: /srv/shrinking/1: became shorter in the guest while it was read');
  assert.deepEqual(await readdir(to), ['going']);
});

test('files of hostile names go there and back, and so do the words of a command', async () => {
  const names = [
    '-rf',
    'new\nline',
    `"it's"`,
    '$(touch canary)',
    'back\\nslash',
    'c\\cut',
    '~',
    'n'.repeat(255),
    '\u202e',
    ' ',
  ];
  const from = join(lodge.root, 'names');
  await mkdir(from);
  for (const name of names) await writeFile(join(from, name), name);
  await writeFile(Buffer.concat([Buffer.from(`${from}/`), Buffer.of(0xff, 0xfe)]), 'bytes');
  for (const words of [
    [from, 'web1:/srv/'],
    ['web1:/srv/names', join(lodge.root, 'back')],
  ])
    assert.deepEqual(await copy(...words), { exitCode: 0, stdout: '', stderr: '' });
  await exec('diff', ['-r', from, join(lodge.root, 'back')]);
  for (const name of names) {
    assert.deepEqual(await copy(join(from, name), `web1:/srv/${name}`), { exitCode: 0, stdout: '', stderr: '' });
    const one = join(lodge.root, 'one');
    assert.deepEqual(await copy(`web1:/srv/${name}`, one), { exitCode: 0, stdout: '', stderr: '' });
    assert.equal(await readFile(one, 'utf8'), name);
  }
  const { stdout } = await run(
    '--env',
    `A=$(touch /root/canary)'`,
    '--',
    'sh',
    '-c',
    'printf "%s|" "$A" "$@"',
    ...names,
  );
  assert.equal(stdout, [`$(touch /root/canary)'`, ...names.slice(1)].map((word) => `${word}|`).join(''));
  assert.equal(await shell.run('ls /root'), 'locked');
});

test('what a guest cannot run is told with the exit code of a shell', async () => {
  const program = await readFile('/bin/true');
  program.writeUInt16LE(183, 18);
  await writeFile(join(here, 'arm'), program, { mode: 0o755 });
  await writeFile(join(here, 'lost'), '#!/no/such\n', { mode: 0o755 });
  assert.equal(
    (await copy(join(here, 'arm'), join(here, 'lost'), join(here, 'small'), 'web1:/usr/local/bin/')).exitCode,
    0,
  );
  for (const user of [[], ['--user', 'bob']]) {
    const told = async (code: number, words: string, ...command: string[]) =>
      failed(await run(...user, '--', ...command), code, `web1: ${words}`);
    await told(126, '/usr/local/bin/arm in the guest is for another kind of processor', 'arm');
    await told(127, '/usr/local/bin/lost in the guest is run by /no/such, which is not there', 'lost');
    await told(126, '/usr/local/bin/small in the guest is not executable', 'small');
    await told(126, '/srv in the guest is a directory, no program', '/srv');
    await told(127, 'there is no program nope in the guest', 'nope');
  }
  failed(await run('--cwd', '/nope', '--', 'true'), 126, 'web1: --cwd: there is no directory /nope in the guest');
  const nobody = await run('--user', 'nobody-here', '--', 'true');
  assert.deepEqual([nobody.exitCode, nobody.stderr.split('\n')[0]], [4, 'lodge: the guest has no such account']);
});

test('another account is become by whichever program the guest has', async () => {
  const show = 'id -un; id -Gn; pwd; printf "%s|" "$HOME" "$0" "$@"; exit 7';
  for (const [gone, has] of [
    ['/usr/bin/setpriv', true],
    ['/usr/sbin/runuser', true],
    ['/usr/bin/su', false],
  ] as const) {
    await shell.run(`mv ${gone} ${gone}.off`);
    const result = await run('--user', 'bob', '--', 'sh', '-c', show, "it's", '$x  y');
    if (has) {
      const stdout = "bob\nbob\n/home/bob\n/home/bob|it's|$x  y|";
      assert.deepEqual(result, { exitCode: 7, stdout, stderr: '' }, gone);
    } else failed(result, 126, 'web1: --user: the guest has no program for it: setpriv, runuser or su');
  }
  await shell.run('for one in bin/setpriv sbin/runuser bin/su; do mv /usr/$one.off /usr/$one; done');
});

test('a password for an account is one that it logs in with, and for none it is refused', async () => {
  const { exitCode, stdout, stderr } = await lodge.run(['set', 'web1', '--password', '--user', 'bob']);
  assert.equal(exitCode, 0, stderr);
  const password = /\b[a-zA-Z2-9]{20}\b/.exec(stdout + stderr)?.[0] ?? '';
  const check =
    'chomp(my $typed = <STDIN>); my $kept = (getpwnam("bob"))[1]; exit(crypt($typed, $kept) eq $kept ? 0 : 1)';
  const typed = await lodge.run(['exec', 'web1', '--', 'perl', '-e', check], {}, { input: `${password}\n` });
  assert.equal(typed.exitCode, 0, `${stdout} ${stderr} ${typed.stderr}`);
  const nobody = await lodge.run(['set', 'web1', '--password', '--user', 'nobody-here']);
  assert.equal(nobody.exitCode, 4);
  assert.match(
    nobody.stderr,
    /^lodge: web1 has no such account\n {2}--user: must be an account of web1, got "nobody-here"/,
  );
  assert.doesNotMatch(await shell.run('cat /var/log/* 2>/dev/null | tr -d "\\0"'), new RegExp(password));
});
