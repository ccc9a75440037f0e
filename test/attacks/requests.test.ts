import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { sleep } from '../../src/base/clock.ts';
import { MIB } from '../../src/base/size.ts';
import { hostileRequest } from '../support/hostile-arbitrary.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { rawRequest, sendRaw } from '../support/raw-request.ts';

let lodge: LodgeInstance;
let socket: string;
let daemon: number | null;
before(async () => {
  lodge = await LodgeInstance.open('lghr');
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
  socket = lodge.layout.daemonSocket;
  daemon = await lodge.daemonPid();
});
after(() => lodge.close());

/** A line of /proc/PID/status of the daemon, in bytes: VmRSS is what it has, VmHWM the most it ever had. */
async function memoryOf(line: 'VmRSS' | 'VmHWM'): Promise<number> {
  const text = await readFile(`/proc/${daemon}/status`, 'utf8');
  return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
}

test('a body of 600 MB costs no memory, whether its length is told or not', async () => {
  const piece = Buffer.alloc(MIB, 'a');
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]);
  const head = 'POST /v1/guests HTTP/1.1\r\nHost: lodge\r\nContent-Type: application/json\r\n';
  const before = await memoryOf('VmRSS');
  const told = await sendRaw(socket, `${head}Content-Length: 629145600\r\n\r\n`, {
    repeat: { chunk: piece, times: 600 },
  });
  const chunked = await sendRaw(socket, `${head}Transfer-Encoding: chunked\r\n\r\n`, { repeat: { chunk, times: 600 } });
  assert.deepEqual([told.status, told.code, chunked.status], [413, 'REQUEST_TOO_LARGE', 413]);
  const grown = (await memoryOf('VmHWM')) - before;
  assert.ok(grown < 64 * MIB, `the daemon took ${grown} bytes for them`);
});

/** The least that the daemon has before it comes to rest: it gives back what it does not need when nothing is being done. */
async function memoryAtRest(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let still = 0; still < 25; still += 1) {
    const now = await memoryOf('VmRSS');
    if (now < least) [least, still] = [now, 0];
    await sleep(1000);
  }
  return least;
}

/** Beginnings of requests whose ends never come: heads, bodies, chunks and streams. */
const HALVES = [
  '',
  'G',
  'GET /v1/guests HTTP/1.1\r\nHost: lodge\r\nX: ',
  'POST /v1/guests HTTP/1.1\r\nHost: lodge\r\nContent-Length: 4000000\r\n\r\n{"name":"',
  'POST /v1/guests HTTP/1.1\r\nHost: lodge\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n[',
  'POST /v1/guests/web1/exec HTTP/1.1\r\nHost: lodge\r\nConnection: Upgrade\r\nUpgrade: lodge-stream\r\nContent-Length: 900000\r\n\r\n{',
  'GET /v1/events?since=0 HTTP/1.1\r\nHost: lodge\r\n\r\n',
  'GET /v1/operations HTTP/1.1\r\nHost: lodge\r\n\r\nGET /v1/openapi.json HTTP/1.1\r\nHost: lodge\r\n\r\nGET ',
];

/** Connections that begin something, read nothing, and stay. */
async function openHalves(count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(socket).on('error', () => {}));
  await Promise.all(sockets.map((one) => once(one, 'connect')));
  for (const [index, one] of sockets.entries()) {
    one.pause();
    one.write(`${HALVES[index % HALVES.length]}${'x'.repeat(index % 7 === 0 ? 50_000 : 0)}`);
  }
  return sockets;
}

test('of thousands of hostile requests one is answered with 500, or takes memory that does not come back', async (context) => {
  const ask = async (request: string) => {
    const { status, code, text } = await sendRaw(socket, request, { headOnly: request.startsWith('GET') });
    assert.ok(status >= 200 && status < 500, `${status} to ${request.slice(0, 400)}: ${text.slice(0, 600)}`);
    // HEAD has no body, and of a stream only the head is read.
    if (status >= 400 && !/^(GET|HEAD)/.test(request)) assert.notEqual(code, null, `${request.slice(0, 400)}: ${text}`);
  };
  /** Sixteen at once, with others beside them who never come to an end. */
  const fuzz = async (seed: number, numRuns: number) => {
    const halves = await openHalves(200);
    const requests = fc.sample(hostileRequest, { seed, numRuns });
    const askNext = async (): Promise<void> => {
      for (let next = requests.pop(); next !== undefined; next = requests.pop()) await ask(next);
    };
    await Promise.all(Array.from({ length: 16 }, askNext));
    for (const half of halves) half.destroy();
  };
  // What is compiled and loaded at the first request of its kind is no memory of a request's.
  await fuzz(1, 1000);
  const before = await memoryAtRest();
  for (const seed of [2, 3, 4]) await fuzz(seed, 1000);
  assert.equal(await lodge.daemonPid(), daemon);
  const right = await memoryOf('VmRSS');
  const later = await eventually(
    'the memory is back',
    async () => {
      const now = await memoryOf('VmRSS');
      return now < before * 1.1 ? now : null;
    },
    120_000,
  );
  const inMiB = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
  const told = [`before ${inMiB(before)}`, `right after ${inMiB(right)}`, `a while later ${inMiB(later)}`];
  context.diagnostic(`memory of the daemon, 3,000 requests and 600 that stayed halves: ${told.join(', ')}`);
  assert.equal((await sendRaw(socket, rawRequest('GET', '/v1/daemon', null))).status, 200);
});
