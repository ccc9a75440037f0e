import assert from 'node:assert/strict';
import { mkdir, readdir, statfs } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';

/** In the daemon's namespace: whatever is asked for has no end, and says nothing of its size. */
const ENDLESS = `
  require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      socket.write('HTTP/1.1 200 OK\\r\\n\\r\\n');
      const pour = () => {
        while (socket.writable) if (!socket.write(piece)) return socket.once('drain', pour);
      };
      pour();
    });
  }).listen(8080, '127.0.0.1', () => console.log('listening'));`;

let lodge: LodgeInstance;
let images = '';
before(async () => {
  lodge = await LodgeInstance.open('lgahs');
  images = lodge.layout.imagesDir;
  await mkdir(images, { recursive: true });
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=755', 'lodge-test', images]);
  const server = lodge.namespaces.start('host', process.execPath, ['--eval', ENDLESS]);
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
});
after(async () => {
  await lodge.run(['daemon', 'stop']);
  await exec('umount', [images]);
  await lodge.close();
});

test("a download that never ends fills the disk that guests' disks are on", async () => {
  const { bavail: freeBefore, blocks } = await statfs(images);
  let least = freeBefore;
  let isOver = false;
  const words = [
    'image',
    'import',
    'http://127.0.0.1:8080/disk',
    '--name',
    'x',
    '--checksum',
    `sha256:${'0'.repeat(64)}`,
  ];
  const importing = lodge.run([...words, '--json']).finally(() => {
    isOver = true;
  });
  while (!isOver) least = Math.min(least, (await statfs(images)).bavail);
  const { exitCode, stdout } = await importing;
  assert.ok(least > 0.35 * blocks, `${least} blocks of ${blocks} were left`);
  const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, 'DISK_FULL', stdout);
  assert.match(error.message, /of a size that the server does not tell/);
  assert.notEqual(exitCode, 0);
  assert.equal((await statfs(images)).bavail, freeBefore);
  assert.deepEqual(await readdir(images), []);
});
