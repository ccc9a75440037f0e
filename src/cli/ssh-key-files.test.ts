import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defaultPublicKeys, readNamedKeyFile } from './ssh-key-files.ts';

const home = mkdtempSync(join(tmpdir(), 'lodge-keys-'));
const ssh = join(home, '.ssh');
after(() => rmSync(home, { recursive: true }));

const BODY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI';
const passwd = `root:x:0:0::${home}/none:/bin/sh\nadmin:x:1000:1000::${home}:/bin/sh\n`;
const ownerOf = (env: Record<string, string>, uid = 4242) => ({ env, uid, passwd });

mkdirSync(ssh);
const put = (name: string, text: string | Uint8Array) => writeFileSync(join(ssh, name), text);
put('a.pub', `\ufeff# mine\r\n\r\n${BODY}A a\r\n${BODY}B b`);
put('again.pub', `${BODY}A the same key\n`);
put('options.pub', `from="192.0.2.1",command="true" ${BODY}C c\n`);
put('utf16.pub', Buffer.from(`\ufeff${BODY}D d\n`, 'utf16le'));
put('dsa.pub', 'ssh-dss AAAAB3NzaC1kc3MAAACBAP me\n');
put('e.pub', `${BODY}E e\n`);
put('e-cert.pub', 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1l me\n');
put('empty.pub', '\n# nothing\n');
put('huge.pub', '');
truncateSync(join(ssh, 'huge.pub'), 2 ** 40);
put('private.pub', '-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n');
put('authorized_keys', `${BODY}Z provider\n`);
mkdirSync(join(ssh, 'directory.pub'));
symlinkSync('/nonexistent/key', join(ssh, 'dangling.pub'));
symlinkSync('circle.pub', join(ssh, 'circle.pub'));
execFileSync('mkfifo', [join(ssh, 'fifo.pub')]);

test('of a home everything that is a key is taken, and everything else named with its reason', () => {
  const { keys, leftOut } = defaultPublicKeys(ownerOf({ HOME: home }));
  assert.deepEqual(keys, [
    `${BODY}A a`,
    `${BODY}B b`,
    `${BODY}E e`,
    `from="192.0.2.1",command="true" ${BODY}C c`,
    `${BODY}D d`,
  ]);
  assert.deepEqual(
    leftOut.map((line) => line.replace(`${ssh}/`, '')),
    [
      'circle.pub (must be a file: this link leads in a circle)',
      'dangling.pub (must be a file: this link leads nowhere)',
      'directory.pub (must be a file: this is a directory)',
      'dsa.pub line 1: must be no DSA key: OpenSSH takes none any more',
      'empty.pub (has no key)',
      'fifo.pub (must be a regular file: this is a FIFO)',
      'huge.pub (must be a file of at most 1MiB: this has 1TiB)',
      'private.pub (must be a public key: this is the private one, its twin ends in .pub)',
    ],
  );
  assert.ok(!leftOut.join().includes('ENOENT') && !leftOut.join().includes('secret'));
});

test('without a HOME that is a path the account has its own, and sudo’s caller is looked at as well', () => {
  for (const env of [{}, { HOME: '' }, { HOME: 'relative' }] as Record<string, string>[]) {
    assert.deepEqual(defaultPublicKeys(ownerOf(env)).directories, []);
    assert.equal(defaultPublicKeys(ownerOf(env, 1000)).keys.length, 5);
  }
  const { keys, directories } = defaultPublicKeys(ownerOf({ SUDO_USER: 'admin' }, 0));
  assert.deepEqual([keys.length, directories], [5, [join(home, 'none/.ssh'), ssh]]);
});

test('a home without ~/.ssh has no key and nothing to say of it', () => {
  const nowhere = defaultPublicKeys(ownerOf({ HOME: '/nonexistent', SUDO_USER: 'x' }));
  assert.deepEqual(nowhere, { keys: [], leftOut: [], directories: ['/nonexistent/.ssh'] });
  assert.deepEqual(defaultPublicKeys(ownerOf({ HOME: join(ssh, 'a.pub') })).leftOut, [
    `${ssh}/a.pub/.ssh (is no directory)`,
  ]);
});

test('a file that was named and has no key is refused, with its own reason', () => {
  const read = readNamedKeyFile(ssh);
  assert.deepEqual(read('authorized_keys'), { ok: true, value: { keys: [`${BODY}Z provider`], leftOut: [] } });
  for (const [name, reason] of [
    ['no', 'a file that exists'],
    ['dangling.pub', 'a file: this link leads nowhere'],
    ['directory.pub', 'a file: this is a directory'],
    ['dsa.pub', 'no DSA key: OpenSSH takes none any more'],
    ['empty.pub', 'a file with an OpenSSH public key'],
    ['fifo.pub', 'a regular file: this is a FIFO'],
    ['private.pub', 'a public key: this is the private one, its twin ends in .pub'],
  ] as const) {
    const answer = read(name);
    assert.equal(!answer.ok && answer.reason, reason, name);
  }
});
