import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Operation } from '../../src/api/types.ts';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';

let lodge: LodgeInstance;

before(async () => {
  lodge = await LodgeInstance.open('lgud');
  const disk = `${lodge.root}/tiny.qcow2`;
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
  await exec('mkdir', ['-p', lodge.layout.stateDir]);
  await lodge.addImage('seeded', disk, 'nocloud');
  await lodge.addImage('own', disk, 'credentials');
});
after(() => lodge.close());

const TINY = ['--image', 'seeded', '--disk', '1MiB', '--memory', '64MiB', '--no-wait'];

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = `${lodge.root}/${name}`;
  await writeFile(path, content);
  return path;
}

test('bytes stay bytes, from the file to the seed, at the next start too', async () => {
  const mime =
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n#!/bin/sh\r\n--b--\r\n';
  const contents = {
    packed: gzipSync('#cloud-config\nhostname: packed\n'),
    text: Buffer.from('#cloud-config\r\n# ümläut, no line feed at the end\r\nhostname: a'),
    mime: Buffer.from(mime),
    script: Buffer.from('#!/bin/sh\necho hello\n'),
  };
  for (const [name, content] of Object.entries(contents)) {
    const path = await file(name, content);
    const made = await lodge.run(['create', name, ...TINY, '--user-data', path]);
    assert.equal(made.exitCode, 0, made.stderr);
    if (name === 'packed') {
      assert.equal((await lodge.run(['kill', name])).exitCode, 0);
      assert.equal((await lodge.run(['start', name])).exitCode, 0);
    }
    const out = `${path}.out`;
    const seed = `${(await lodge.show(name)).paths.directory}/seed.iso`;
    await exec('xorriso', ['-osirrox', 'on', '-indev', seed, '-extract', '/user-data', out]);
    assert.ok((await readFile(out)).equals(content), name);
  }
  assert.equal((await lodge.run(['rm', ...Object.keys(contents), '--yes'])).exitCode, 0);
});

test('what cloud-init would leave out is told before anything is made, in the dry run too', async () => {
  const begun = (await lodge.json<Operation[]>(['operation', 'ls'])).length;
  const broken: [string | Uint8Array, RegExp][] = [
    ['#cloud-config\nnot yaml: [', /--user-data: must be valid YAML: .* \(line 2, column 12\), got ".*broken"/],
    ['#cloud-config\nruncmd: ls\n', /--user-data: must have a list in runcmd, not text \(line 2, column 1\)/],
    ['hostname: a\n', /must begin with a line that cloud-init knows/],
    [gzipSync('#cloud-config\n').subarray(0, 20), /must be a whole gzip/],
    [Buffer.alloc(5 * 1024 * 1024, '#'), /must be at most 4MiB/],
  ];
  for (const [content, wording] of broken) {
    const path = await file('broken', content);
    for (const dry of [[], ['--dry-run']]) {
      const { exitCode, stderr } = await lodge.run([
        'create',
        'x',
        ...TINY,
        '--user-data',
        path,
        '--vcpus',
        // The line itself may say it: the machine has fewer.
        '300',
        ...dry,
      ]);
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, wording);
      assert.match(stderr, /--vcpus/);
    }
  }
  const doubtful = await file('doubtful', '#!/bin/sh\r\necho\r\n');
  const { stdout } = await lodge.run(['create', 'x', ...TINY, '--user-data', doubtful, '--dry-run']);
  assert.match(stdout, /^warning: user-data should end the line of the interpreter with a line feed alone/m);
  const misspelt = await file('misspelt', '#cloud-config\npakages: [vim]\n');
  const dry = ['create', 'x', ...TINY, '--user-data', misspelt, '--dry-run'];
  const warning =
    /user-data should have keys that a module of cloud-init reads, not pakages: perhaps packages is meant/;
  assert.match((await lodge.run(dry)).stdout, warning);
  assert.match((await lodge.json<{ warnings: string[] }>(dry)).warnings.join('\n'), warning);
  assert.equal((await lodge.json<Operation[]>(['operation', 'ls'])).length, begun);
  assert.deepEqual(await lodge.leftovers(), []);
});

test('of user-data that the image does not read one thing is told, whatever else is wrong with it', async () => {
  const path = await file('unread', '#cloud-config\nnot yaml: [');
  const refused = await lodge.run([
    'create',
    'x',
    '--image',
    'own',
    '--disk',
    '1MiB',
    '--user-data',
    path,
    '--dry-run',
  ]);
  assert.equal(refused.exitCode, 4);
  assert.equal(refused.stderr.split('--user-data: ').length, 2, refused.stderr);
  assert.match(refused.stderr, /--user-data: is only read by images with cloud-init/);
});
