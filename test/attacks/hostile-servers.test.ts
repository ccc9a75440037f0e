import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, statfs, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { exec } from '../../src/host/exec.ts';
import { type CliResult, LodgeInstance } from '../support/lodge-instance.ts';

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

/** A server of the internet, which answers with the Location that it is asked for; `/disk` is what it has itself. */
const LEADING = `
  require('node:http').createServer((request, response) => {
    const location = decodeURIComponent(request.url.slice(1));
    if (location === 'disk') response.end('disk');
    else response.writeHead(302, { location }).end();
  }).listen(8080, '::', () => console.log('listening'));`;
/** What only the host itself, its link or its network reaches: says who asked. */
const INSIDE = `
  require('node:net').createServer((socket) => {
    console.log('asked at ' + socket.localAddress);
    socket.on('error', () => {}).end('HTTP/1.1 200 OK\\r\\n\\r\\nsecret');
  }).listen(8081, '::', () => console.log('listening'));`;
const OUTSIDE = '192.0.2.193';

let lodge: LodgeInstance;
let images = '';
before(async () => {
  lodge = await LodgeInstance.open('lgahs');
  images = lodge.layout.imagesDir;
  await mkdir(images, { recursive: true });
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=755', 'lodge-test', images]);
  await serve('host', ENDLESS);
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
});

async function serve(space: string, program: string): Promise<ChildProcess> {
  const server = lodge.namespaces.start(space, process.execPath, ['--eval', program]);
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  return server;
}
after(async () => {
  await lodge.run(['daemon', 'stop']);
  await exec('umount', [images]);
  await lodge.close();
});

function download(url: string): Promise<CliResult> {
  return lodge.run(['image', 'import', url, '--name', 'x', '--checksum', `sha256:${'0'.repeat(64)}`, '--json']);
}

test("a download that never ends fills the disk that guests' disks are on", async () => {
  const { bavail: freeBefore, blocks } = await statfs(images);
  let least = freeBefore;
  let isOver = false;
  const importing = download('http://127.0.0.1:8080/disk').finally(() => {
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

/** The host has a link to the internet and one to a network of its own, in which somebody listens as on the host itself. */
async function connectAround(): Promise<ChildProcess[]> {
  const { namespaces } = lodge;
  for (const [space, link] of [
    ['internet', 'uplink'],
    ['network', 'inner'],
  ] as const) {
    await namespaces.add(space);
    await namespaces.connect('host', link, space, 'eth0');
  }
  const address = (text: string, link: string) =>
    `address add ${text} dev ${link}${text.includes(':') ? ' nodad' : ''}`;
  await namespaces.ip(
    'internet',
    [`${OUTSIDE}/24`, '2001:db8::1/64'].map((text) => address(text, 'eth0')),
  );
  const inner = ['10.9.0.2/24', '169.254.169.254/16', 'fd00::2/64', 'fe80::2/64'];
  await namespaces.ip(
    'network',
    inner.map((text) => address(text, 'eth0')),
  );
  await namespaces.ip('host', [
    ...['192.0.2.200/24', '2001:db8::2/64'].map((text) => address(text, 'uplink')),
    ...['10.9.0.1/24', '169.254.1.1/16', 'fd00::1/64'].map((text) => address(text, 'inner')),
  ]);
  await serve('internet', LEADING);
  return [await serve('host', INSIDE), await serve('network', INSIDE)];
}

test('a server of the internet leads the daemon to what the internet does not reach', async () => {
  const names = { 'loop.example.test': '127.0.0.1', 'inner.example.test': '10.9.0.2', 'six.example.test': '::1' };
  const hosts = Object.entries(names).map(([name, address]) => `${address} ${name}`);
  const directory = `/etc/netns/${lodge.namespaces.nameOf('host')}`;
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/hosts`, `${OUTSIDE} images.example.test\n${hosts.join('\n')}\n`);
  // The daemon sees the file when it starts in the namespace anew.
  assert.equal((await lodge.run(['daemon', 'stop'])).exitCode, 0);
  let asked = '';
  for (const server of await connectAround()) server.stdout?.on('data', (text) => (asked += text));
  const literal = ['127.0.0.1', '127.9.9.9', '[::1]', '0.0.0.0', '2130706433', '[::ffff:127.0.0.1]', 'localhost'];
  const own = ['192.0.2.200', '[2001:db8::2]', '10.9.0.1'];
  const near = ['169.254.169.254', '10.9.0.2', '[fd00::2]', '[fe80::2]', '[::ffff:10.9.0.2]'];
  for (const host of [...literal, ...own, ...near, ...Object.keys(names)]) {
    const target = `http://${host}:8081/secret`;
    const twice = `http://images.example.test:8080/${encodeURIComponent(target)}`;
    for (const from of [`http://${OUTSIDE}:8080`, 'http://[2001:db8::1]:8080', 'http://images.example.test:8080']) {
      const { stdout } = await download(`${from}/${encodeURIComponent(from.includes('images') ? twice : target)}`);
      const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
      assert.equal(error.code, 'DOWNLOAD_FAILED', `${target}: ${stdout}`);
      assert.match(
        error.message,
        /: it leads to .*, (an address of this host|a link-local address|a private address)$/,
      );
      assert.match(error.hint, /name that URL yourself/);
    }
  }
  assert.equal(asked, '');
  // What it leads to on the internet is followed, and so is what the user names.
  const followed = `http://images.example.test:8080/${encodeURIComponent(`http://${OUTSIDE}:8080/disk`)}`;
  for (const url of [followed, 'http://127.0.0.1:8081/', 'http://inner.example.test:8081/']) {
    assert.equal(JSON.parse((await download(url)).stdout).error.code, 'CHECKSUM_MISMATCH', url);
  }
  assert.match(asked, /asked at ::ffff:127.0.0.1\n/);
});
