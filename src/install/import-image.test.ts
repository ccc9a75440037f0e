import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '../base/error-codes.ts';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { exec } from '../host/exec.ts';
import { type ImportRequest, importImage } from './import-image.ts';

/** A disk of 1 MiB with an MBR, one partition and recognisable content. */
function rawDisk(): Buffer {
  const disk = Buffer.alloc(1024 * 1024);
  disk.fill('lodge', 4096, 600_000);
  disk.write('\xfa\x31\xc0', 0, 'latin1');
  disk[446 + 4] = 0x83;
  disk.writeUInt32LE(8, 446 + 8);
  disk.writeUInt32LE(2040, 446 + 12);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

class Place implements AsyncDisposable {
  readonly dir: string;
  constructor(dir: string) {
    this.dir = dir;
  }
  path(name: string): string {
    return join(this.dir, name);
  }
  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }
  import(source: string, more: Partial<ImportRequest> = {}) {
    return importImage({
      name: 'foreign',
      source,
      checksum: null,
      identity: null,
      mark: null,
      imagesDir: this.path('images'),
      workDir: this.path('work'),
      onProgress: () => {},
      signal: new AbortController().signal,
      ...more,
    });
  }
  async refuses(code: ErrorCode, wording: RegExp, source: string, more: Partial<ImportRequest> = {}): Promise<void> {
    const error = await this.import(source, more).then(
      () => assert.fail(`${source} was taken`),
      (reason: unknown) => reason,
    );
    assert.ok(isLodgeError(error, code), `${error}`);
    assert.match(error.message, wording);
    assert.deepEqual(await readdir(this.path('images')), []);
    await rm(this.path('work'), { recursive: true, force: true });
  }
  async [Symbol.asyncDispose]() {
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function place(): Promise<Place> {
  const made = new Place(await mkdtemp(join(tmpdir(), 'lodge-import-')));
  await mkdir(made.path('images'));
  return made;
}

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

test('raw, qcow2 and vmdk come out as a qcow2 with the same content, readable by all', async () => {
  await using at = await place();
  const raw = await at.write('disk.raw', rawDisk());
  for (const format of ['raw', 'qcow2', 'vmdk']) {
    const source = at.path(`source.${format}`);
    await exec('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, source]);
    const image = await at.import(source, { name: format });
    assert.equal(image.path, at.path(`images/${format}.qcow2`));
    assert.equal(image.virtualSizeBytes, 1024 * 1024);
    assert.equal(image.identity, 'nocloud');
    assert.deepEqual(image.firmwares, ['bios']);
    assert.equal(image.sha256, sha256(await readFile(image.path)));
    assert.equal(
      (await stat(image.path)).mode & 0o777,
      0o640,
      'not more open than the file it came from may have been',
    );
    const back = at.path('back.raw');
    await exec('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image.path, back]);
    assert.ok((await readFile(back)).equals(rawDisk()), `${format} changed on the way`);
  }
});

test('what is no image is refused with what was seen', async () => {
  await using at = await place();
  await at.refuses('NOT_AN_IMAGE', /an empty file/, await at.write('empty', ''));
  await at.refuses('NOT_AN_IMAGE', /a web page or other markup/, await at.write('page', '<html>404</html>'.repeat(99)));
  await at.refuses(
    'NOT_AN_IMAGE',
    /packed with xz/,
    await at.write('xz', Buffer.from('fd377a585a000004e6d6b446', 'hex')),
  );
  await at.refuses('NOT_AN_IMAGE', /no boot sector/, await at.write('zeros', new Uint8Array(65_536)));
  await at.refuses('NOT_AN_IMAGE', /a directory/, at.path('images'));
  await at.refuses('NOT_AN_IMAGE', /VMDK descriptor/, await at.write('desc', '# Disk DescriptorFile\nversion=1\n'));
  await at.refuses('FILE_NOT_FOUND', /cannot read/, at.path('absent'));
  const iso = new Uint8Array(65_536);
  iso.set(new TextEncoder().encode('CD001'), 32_769);
  await at.refuses('NOT_AN_IMAGE', /CD image/, await at.write('iso', iso));
});

test('an image that would read other files of the host is refused', async () => {
  await using at = await place();
  const secret = await at.write('secret.raw', rawDisk());
  const backed = at.path('backed.qcow2');
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', secret, backed]);
  await at.refuses('NOT_AN_IMAGE', /with a backing file/, backed);
  const external = at.path('external.qcow2');
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${at.path('data.raw')}`, external, '1M']);
  await at.refuses('NOT_AN_IMAGE', /external data file/, external);
  const flat = at.path('flat.vmdk');
  await exec('qemu-img', ['create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', flat, '1M']);
  await at.refuses('NOT_AN_IMAGE', /data is in other files/, flat);
});

test('what was cut off on the way is refused in every format', async () => {
  await using at = await place();
  const raw = await at.write('disk.raw', rawDisk());
  for (const format of ['qcow2', 'vmdk']) {
    const source = at.path(`cut.${format}`);
    await exec('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, source]);
    await truncate(source, (await stat(source)).size - 200_000);
    await at.refuses('NOT_AN_IMAGE', /damaged or cut off|cannot read|broken/, source);
  }
  await truncate(raw, 700_416);
  await at.refuses('NOT_AN_IMAGE', /cut off at 700416 bytes/, raw);
});

test('the checksum is verified before the file is looked at, and both sums are named', async () => {
  await using at = await place();
  const text = await at.write('text', 'hello');
  const wanted = 'a'.repeat(64);
  const got = sha256(Buffer.from('hello'));
  await at.refuses('CHECKSUM_MISMATCH', new RegExp(`${got}.*${wanted}`), text, { checksum: `sha256:${wanted}` });
  const disk = await at.write('disk', rawDisk());
  const sha512 = createHash('sha512').update(rawDisk()).digest('hex').toUpperCase();
  const image = await at.import(disk, { checksum: `SHA512:${sha512}`, identity: 'none' });
  assert.equal(image.identity, 'none');
});

test('all that is wrong with a request is said at once', async () => {
  await using at = await place();
  const error = await at.import('disk.img', { checksum: 'md5:00' }).catch((reason: unknown) => reason);
  assert.ok(error instanceof LodgeError);
  assert.deepEqual(
    error.problems?.map(({ path }) => path),
    ['source', 'checksum'],
  );
  await at.refuses('VALIDATION_FAILED', /must be given for a URL/, 'https://images.example/disk.qcow2');
});

test('a URL is downloaded with its checksum; a missing one and an abort are told as such', async () => {
  await using at = await place();
  const disk = rawDisk();
  const server = createServer((request, response) => {
    if (request.url === '/disk') response.end(disk);
    else if (request.url === '/endless') response.write(disk);
    else if (request.url === '/huge') response.writeHead(200, { 'content-length': 2 ** 52 }).flushHeaders();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const checksum = `sha256:${sha256(disk)}`;
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    const progress = { checksum, onProgress, signal: abort.signal };
    await at.refuses('DOWNLOAD_FAILED', /could not be downloaded/, `${base}/absent`, { checksum });
    await at.refuses('CANCELLED', /cancelled/, `${base}/endless`, progress);
    await at.refuses('DISK_FULL', /no room at .* takes 4096TiB twice .* are free/, `${base}/huge`, { checksum });
    const image = await at.import(`${base}/disk`, { checksum });
    assert.equal(image.origin, `${base}/disk`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
