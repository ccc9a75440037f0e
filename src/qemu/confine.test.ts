import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exec } from '../host/exec.ts';
import { landlockVersion } from '../host/landlock.ts';
import { confineCommand } from './confine.ts';

const PLACES = ['read', 'tree', 'write', 'append', 'sockets', 'other'];

/** Reads, writes and makes a file in each of the directories, and makes a socket. */
const TRIES = `
use IO::Socket::UNIX;
for (@ARGV) {
  print "read $_\\n" if open(my $file, "<", "$_/file");
  print "write $_\\n" if open(my $other, "+<", "$_/file");
  print "append $_\\n" if open(my $end, ">>", "$_/file");
  print "make $_\\n" if open(my $new, ">", "$_/new");
  print "socket $_\\n" if IO::Socket::UNIX->new(Local => "$_/socket", Listen => 1) && unlink("$_/socket");
}
`;

test('a confined program reaches what it was given and no more, where the kernel can', async () => {
  const root = await mkdtemp(join(tmpdir(), 'lodge-confine-'));
  try {
    const at = (name: string) => join(root, name);
    for (const name of PLACES) {
      await mkdir(at(name));
      await writeFile(at(`${name}/file`), '');
    }
    const confinement = {
      // A directory in the place of a file gives nothing: whoever named that file has no business with all below it.
      readFiles: [at('read/file'), at('other'), at('missing')],
      writeFiles: [at('append/file')],
      readTrees: [at('tree')],
      writeTrees: [at('write')],
      socketTrees: [at('sockets')],
    };
    const tries = ['/usr/bin/perl', '-e', TRIES, ...PLACES.map(at)];
    const [program = '', ...args] = confineCommand(confinement, tries);
    const said = (await exec(program, args)).stdout.replaceAll(`${root}/`, '').trim().split('\n');
    const all = PLACES.flatMap((name) => [
      `read ${name}`,
      `write ${name}`,
      `append ${name}`,
      `make ${name}`,
      `socket ${name}`,
    ]);
    const given = [
      ...['read read', 'read tree', 'read write', 'write write', 'append write', 'append append'],
      'socket sockets',
    ];
    assert.deepEqual(said, (await landlockVersion()) === 0 ? all : given);
  } finally {
    await rm(root, { recursive: true });
  }
});
