import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createProxy } from '../../test/support/way-out.ts';
import { explainError, toErrorBody } from '../base/errors.ts';
import { proxySettings } from '../base/proxy.ts';
import { exec } from '../host/exec.ts';
import { httpGet } from './http-get.ts';

const directory = mkdtempSync(join(tmpdir(), 'lodge-proxy-'));
const servers: Server[] = [];
const asked: string[] = [];
/** Only a proxy knows the way to these names. */
const NAME = 'images.invalid';
let plain = 0;
let tls = 0;
let proxy = '';

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

before(async () => {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const names = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  await exec('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...names,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  plain = await listen(
    createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: `http://${NAME}:${plain}/disk` }).end();
      else if (request.url === '/inwards')
        response.writeHead(302, { location: `http://127.0.0.1:${plain}/disk` }).end();
      else response.end(`plain ${request.url}`);
    }),
  );
  tls = await listen(
    createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      response.end(`tls ${request.url}`);
    }) as unknown as Server,
  );
  const named = createProxy('us@er:pa:ss');
  // The proxy's own names: what is asked for by NAME is on loopback.
  const [onRequest] = named.listeners('request') as ((...all: unknown[]) => void)[];
  const [onConnect] = named.listeners('connect') as ((...all: unknown[]) => void)[];
  named.removeAllListeners('request').removeAllListeners('connect');
  named.on('request', (request, response) => {
    asked.push(`GET ${request.url}`);
    request.url = request.url?.replace(NAME, '127.0.0.1');
    onRequest?.(request, response);
  });
  named.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    request.url = request.url?.replace(NAME, '127.0.0.1');
    onConnect?.(request, socket, head);
  });
  proxy = `127.0.0.1:${await listen(named)}`;
});

after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(directory, { recursive: true });
});

async function get(url: string, env: Record<string, string>): Promise<string> {
  asked.length = 0;
  const answer = await httpGet(url, proxySettings(env), new AbortController().signal);
  let text = '';
  for await (const chunk of answer) text += chunk;
  return text;
}

const LOGIN = 'us%40er:pa%3Ass';

test('http: goes through the proxy with its login, and no_proxy goes past it', async () => {
  const env = { http_proxy: `http://${LOGIN}@${proxy}`, no_proxy: '192.0.2.0/24,127.0.0.0/8' };
  assert.equal(await get(`http://${NAME}:${plain}/disk`, env), 'plain /disk');
  assert.deepEqual(asked, [`GET http://${NAME}:${plain}/disk`]);
  assert.equal(await get(`http://127.0.0.1:${plain}/disk`, env), 'plain /disk');
  assert.deepEqual(asked, []);
  assert.equal(await get(`http://127.0.0.1:${plain}/moved`, env), 'plain /disk', 'each redirect has its own way');
  assert.equal(asked.length, 1);
});

test('a server behind a proxy leads neither the host nor the proxy to addresses that the internet does not reach', async () => {
  for (const no_proxy of ['', '127.0.0.0/8']) {
    const env = { http_proxy: `http://${LOGIN}@${proxy}`, no_proxy };
    const refused = { message: 'it leads to 127.0.0.1, an address of this host' };
    await assert.rejects(get(`http://${NAME}:${plain}/inwards`, env), refused);
    assert.equal(asked.length, 1);
  }
});

test('https: goes through a tunnel', async () => {
  // Authorities are read when a process starts.
  const program = `import { httpGet } from ${JSON.stringify(join(import.meta.dirname, 'http-get.ts'))};
    import { proxySettings } from ${JSON.stringify(join(import.meta.dirname, '../base/proxy.ts'))};
    const answer = await httpGet('https://${NAME}:${tls}/disk', proxySettings(process.env), new AbortController().signal);
    for await (const chunk of answer) process.stdout.write(chunk);`;
  asked.length = 0;
  const env = { HTTPS_PROXY: `http://${LOGIN}@${proxy}`, NODE_EXTRA_CA_CERTS: join(directory, 'cert.pem') };
  const { stdout } = await exec(process.execPath, ['--input-type=module', '--eval', program], { env });
  assert.equal(stdout, 'tls /disk');
  assert.deepEqual(asked, [`CONNECT ${NAME}:${tls}`]);
});

test('a proxy that wants a login, is away, or speaks another protocol is named without the login', async () => {
  const errorOf = (url: string, value: string) =>
    get(url, { all_proxy: value }).then(
      () => assert.fail('it came'),
      (error: unknown) => ({ text: explainError(error), body: JSON.stringify(toErrorBody(error)) }),
    );
  const closed = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
  for (const scheme of ['http', 'https']) {
    const url = `${scheme}://${NAME}:${plain}/disk`;
    assert.match((await errorOf(url, `http://us:secret@${proxy}`)).text, /^the proxy http:\/\/127.* wants a login/);
    assert.match(
      (await errorOf(url, `http://us:secret@127.0.0.1:${closed}`)).text,
      /^through the proxy http:\/\/127.*ECONNREFUSED/,
    );
    assert.match((await errorOf(url, `socks5://us:secret@${proxy}`)).text, /only http: and https: proxies/);
    for (const value of [
      `http://us:secret@${proxy}`,
      `socks5://us:secret@${proxy}`,
      `http://us:secret@127.0.0.1:${closed}`,
    ]) {
      const { text, body } = await errorOf(url, value);
      assert.ok(!`${text}${body}`.includes('secret'), text);
    }
  }
});
