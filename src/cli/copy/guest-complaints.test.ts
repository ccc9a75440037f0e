import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainComplaint } from './guest-complaints.ts';

const told = (lines: string[], reading = false) =>
  explainComplaint('web1', lines, { reading, nameOf: (name) => name.replace(/^0(?=\/|$)/, 'site') });

test('what the tools of a guest complain of is told in our words, by what it is about', () => {
  const failed = 'tar: Exiting with failure status due to previous errors';
  const writing: [string[], string][] = [
    [['tar: 0/a b: Cannot write: No space left on device', failed], 'site/a b: the disk is full in the guest'],
    [['tar: 0: Wrote only 9728 of 10240 bytes', failed], 'site: the disk is full in the guest'],
    [['cat: write error: No space left on device'], 'the disk is full in the guest'],
    [['tar: 0/a: Cannot open: Permission denied', failed], 'site/a: the account may not write there in the guest'],
    [["tar: can't open '0/a': Permission denied"], 'site/a: the account may not write there in the guest'],
    [["tar: can't create directory '0/a': No space left on device"], 'site/a: the disk is full in the guest'],
    [
      ["mv: cannot move '/x/.lodge-cp-1/0' to '/x/y': Device or resource busy"],
      '/x/.lodge-cp-1/0: is in use in the guest: something is mounted there',
    ],
    [['/mnt/ro: Read-only file system'], '/mnt/ro: is on a read-only file system in the guest'],
    [['/etc: Permission denied'], '/etc: the account may not write there in the guest'],
    [['/proc: No such file or directory'], '/proc: nothing can be made there in the guest'],
    [['/srv: Disk quota exceeded'], '/srv: the quota of the account is used up in the guest'],
  ];
  for (const [lines, words] of writing) assert.equal(told(lines)?.message, `web1: ${words}`);
  const reading: [string[], string][] = [
    [['tar: ./a: Cannot open: Permission denied', failed], './a: the account may not read it in the guest'],
    [['tar: ./a: Cannot stat: No such file or directory', failed], './a: vanished in the guest while it was copied'],
    [['tar: ./a: File shrank by 4 bytes; padding with zeros'], './a: became shorter in the guest while it was read'],
    [
      ['tar: ./a: Read error at byte 0, while reading 10240 bytes: Input/output error'],
      './a: the disk reports an error in the guest',
    ],
    [['cat: /a: Input/output error'], 'the disk reports an error in the guest'],
  ];
  for (const [lines, words] of reading) assert.equal(told(lines, true)?.message, `web1: ${words}`);
});

test('the first complaint counts, a full disk has a hint, and what nobody knows is left to the guest’s words', () => {
  const both = told(['tar: 0/a: Cannot open: Permission denied', 'tar: 0/b: Cannot write: No space left on device']);
  assert.deepEqual([both?.code, both?.hint], ['COMMAND_FAILED', undefined]);
  const full = told(['/srv: No space left on device']);
  assert.deepEqual([full?.code, full?.hint], ['DISK_FULL', 'how full its disks are: lodge exec web1 -- df -h']);
  assert.equal(told(['tar: This does not look like a tar archive']), null);
  assert.equal(told([]), null);
});
