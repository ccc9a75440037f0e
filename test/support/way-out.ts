import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Namespaces } from './netns.ts';

const HOST = '192.0.2.2';
const OUTSIDE = '192.0.2.1';
const PORT = 3128;

/** In the namespace: passes each connection on to the socket of the proxy, which is outside of it. */
const RELAY = `
  const { connect, createServer } = require('node:net');
  const [socketPath] = process.argv.slice(1);
  createServer((client) => {
    const proxy = connect(socketPath);
    client.pipe(proxy).pipe(client);
    client.on('error', () => proxy.destroy());
    proxy.on('error', () => client.destroy());
  }).listen(${PORT}, () => console.log('listening'));`;

/**
 * Gives guests of the namespace `host` a way to the Debian mirror: a namespace for the internet with an HTTP proxy, whose other
 * end is this process. The machine's own network, its rules and its switches are left alone.
 *
 * @returns the proxy's URL, and what ends it
 */
export async function openWayOut(
  namespaces: Namespaces,
  directory: string,
  /** `user:password`, without which the proxy answers 407. */
  login?: string,
): Promise<{ url: string; close: () => void }> {
  await namespaces.add('outside');
  await namespaces.connect('host', 'uplink', 'outside', 'eth0');
  await namespaces.ip('outside', [`address add ${OUTSIDE}/24 dev eth0`]);
  await namespaces.ip('host', [`address add ${HOST}/24 dev uplink`, `route add default via ${OUTSIDE}`]);
  const socketPath = join(directory, 'proxy.sock');
  const server = createProxy(login);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const relay = namespaces.start('outside', process.execPath, ['--eval', RELAY, socketPath]);
  await new Promise((resolve) => relay.stdout?.once('data', resolve));
  return {
    url: `http://${login === undefined ? '' : `${login}@`}${OUTSIDE}:${PORT}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** RFC 9112 section 3.2.2 (a whole URL as target) for http, CONNECT for https. */
export function createProxy(login?: string): Server {
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(decodeURIComponent(login)).toString('base64')}`;
  const isLoggedIn = (said: string | undefined) => wanted === undefined || said === wanted;
  const server = createServer((question, answer) => {
    if (!isLoggedIn(question.headers['proxy-authorization'])) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const { method, headers } = question;
    const onwards = request(question.url ?? '', { ...(method === undefined ? {} : { method }), headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    onwards.on('error', () => answer.writeHead(502).end());
    question.pipe(onwards);
  });
  server.on('connect', (question, client) => {
    if (!isLoggedIn(question.headers['proxy-authorization'])) {
      client.end('HTTP/1.1 407 Log in\r\nProxy-Authenticate: Basic realm="proxy"\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const [host = '', port] = (question.url ?? '').split(':');
    const onwards = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(onwards).pipe(client);
    });
    onwards.on('error', () => client.destroy());
    client.on('error', () => onwards.destroy());
  });
  return server;
}
