import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeUserData } from './judge.ts';

function judge(body: string): string[] {
  const bytes = new TextEncoder().encode(`#cloud-config\n${body}\n`);
  return judgeUserData(bytes, () => null).map(({ severity, rule }) => `${severity}: ${rule}`);
}

test('a key that no module reads is a warning with the nearest known, and is repeated where it is a slip of that alone', () => {
  assert.deepEqual(judge('hostname: a\npakages: [vim]'), [
    'warning: have keys that a module of cloud-init reads, not pakages: perhaps packages is meant (line 3, column 1)',
  ]);
  assert.deepEqual(judge('hunter2hunter2: 1'), [
    'warning: have keys that a module of cloud-init reads (line 2, column 1)',
  ]);
  assert.match(judge('run_cmd: [ls]')[0] ?? '', /perhaps runcmd/);
  assert.match(judge('write-files: []')[0] ?? '', /perhaps write_files/);
  const found = judgeUserData(
    new TextEncoder().encode('MIME-Version: 1.0\nContent-Type: text/cloud-config\n\nuser_s: []\n'),
    () => null,
  );
  assert.match(found[0]?.rule ?? '', /line 4, column 1/);
});

test('a value that ends its module is an error that names both kinds and not the value', () => {
  for (const [body, rule] of [
    ['runcmd: hunter2', 'have a list in runcmd, not text (line 2, column 1)'],
    ['bootcmd: {a: b}', 'have a list in bootcmd, not a mapping (line 2, column 1)'],
    ['write_files: {path: /a}', 'have a list in write_files, not a mapping (line 2, column 1)'],
    ['ssh_authorized_keys: ssh-ed25519 AAAA', 'have a list in ssh_authorized_keys, not text (line 2, column 1)'],
    ['chpasswd: root:hunter2', 'have a mapping in chpasswd, not text (line 2, column 1)'],
    ['hostname: 123', 'have text in hostname, not a number (line 2, column 1)'],
    ['hostname: [a]', 'have text in hostname, not a list (line 2, column 1)'],
    ['users: true', 'have a list or a mapping or text in users, not true or false (line 2, column 1)'],
    ['packages: {vim: 1}', 'have a list or text in packages, not a mapping (line 2, column 1)'],
    ['x-a: &a text\nruncmd: *a', 'have a list in runcmd, not text (line 3, column 1)'],
  ])
    assert.deepEqual(judge(body ?? ''), [`error: ${rule}`]);
});

test('what cloud-init works with passes', () => {
  for (const body of [
    'packages: vim',
    'users: default',
    'users: [default, {name: a}]',
    'groups: {a: [b]}',
    'password: 1234',
    'hostname: "123"',
    'hostname: n',
    'hostname: 1e3',
    'runcmd:',
    'runcmd: !!seq [ls]',
    'x-own: &a [ls]\nruncmd: *a',
    'merge_how: dict()\nca-certs: {}\nubuntu_pro: {}\nvendor_data2: {}',
  ])
    assert.deepEqual(judge(body), [], body);
});

test('of a key that comes twice the last is judged', () => {
  assert.deepEqual(
    judge('runcmd: text\nruncmd: [ls]').map((finding) => finding.replace(/:.*/, '')),
    ['warning'],
  );
});
