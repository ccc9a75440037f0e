import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAptSources } from '../../src/host/apt-sources.ts';
import { exec } from '../../src/host/exec.ts';
import { buildDebianImage } from '../../src/install/build-debian.ts';
import { findDebianSources } from '../../src/install/debian-sources.ts';

const LOGIN = 'lodge:pr0xy-s3cret';

/** An ordinary forward proxy that wants a login. `asked` counts what went through it. */
async function openProxy(): Promise<{ port: number; asked: () => number; [Symbol.asyncDispose](): Promise<void> }> {
  let asked = 0;
  const server = createServer((incoming, answer) => {
    const given = Buffer.from(
      incoming.headers['proxy-authorization']?.replace('Basic ', '') ?? '',
      'base64',
    ).toString();
    if (given !== LOGIN) return answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="x"' }).end();
    asked += 1;
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = request(incoming.url ?? '', { method: incoming.method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    return incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A cloud image's sources: lists of mirrors, which name what this machine itself uses, by plain HTTP so that the proxy sees it. */
async function cloudSources(dir: string): Promise<string> {
  const found = findDebianSources(await readAptSources(), 'bookworm');
  const parts: string[] = [];
  for (const [name, pockets] of Object.entries({ debian: ['', '-updates'], security: ['-security'] })) {
    const uris = found
      .filter(({ pocket }) => pockets.includes(pocket))
      .map(({ uri }) => uri.replace(/^https:/, 'http:'));
    if (uris.length === 0) continue;
    const list = join(dir, `${name}.list`);
    await writeFile(list, `${[...new Set(uris)].join('\n')}\n`);
    const suites = pockets.map((pocket) => `bookworm${pocket}`).join(' ');
    parts.push(`Types: deb deb-src\nURIs: mirror+file://${list}\nSuites: ${suites}\nComponents: main\n`);
  }
  return parts.join('\n');
}

test('a whole Debian is built through lists of mirrors and a proxy with a login, and nothing of either is in the image', async () => {
  await using proxy = await openProxy();
  const dir = await mkdtemp(join(tmpdir(), 'lodge-through-'));
  try {
    const parts = join(dir, 'sources.list.d');
    await exec('mkdir', [parts]);
    await writeFile(join(parts, 'debian.sources'), await cloudSources(dir));
    const conf = join(dir, 'host.conf');
    const paths = `Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "${parts}";\n`;
    await writeFile(conf, `${paths}Acquire::http::Proxy "http://${LOGIN}@127.0.0.1:${proxy.port}/";\n`);
    process.env.APT_CONFIG = conf;
    const said: string[] = [];
    const workDir = join(dir, 'work');
    const signal = new AbortController().signal;
    const onProgress = (detail: string) => said.push(detail);
    const built = await buildDebianImage({ name: 'debian-12', imagesDir: dir, workDir, onProgress, signal });
    assert.ok(proxy.asked() > 100, `${proxy.asked()} requests went through the proxy`);
    assert.ok(said.some((line) => /^downloaded \d+ of \d+ MB$/.test(line)));
    assert.doesNotMatch(said.join('\n'), /s3cret/);
    const raw = join(dir, 'raw');
    await exec('qemu-img', ['convert', '-O', 'raw', built.path, raw], { timeoutMs: 300_000 });
    const { exitCode } = await exec('grep', ['-c', '-a', '-F', 's3cret', raw], {
      okExitCodes: [0, 1],
      timeoutMs: 300_000,
    });
    assert.equal(exitCode, 1, 'the login is in the image');
    const sources = (await exec('grep', ['-a', '-o', '-m', '1', `mirror+file://${dir}`, raw], { okExitCodes: [0, 1] }))
      .stdout;
    assert.equal(sources, '');
    assert.doesNotMatch(await readFile(join(workDir, 'host.sources'), 'utf8'), /s3cret/);
  } finally {
    delete process.env.APT_CONFIG;
    await rm(dir, { recursive: true, force: true });
  }
});
