import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { MIB } from '../../src/base/size.ts';
import { hostileRequest } from '../support/hostile-arbitrary.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { rawRequest, sendRaw } from '../support/raw-request.ts';

let lodge: LodgeInstance;
let socket: string;
before(async () => {
  lodge = await LodgeInstance.open('lghr');
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
  socket = lodge.layout.daemonSocket;
});
after(() => lodge.close());

/** A line of /proc/PID/status of the daemon, in bytes: VmRSS is what it has, VmHWM the most it ever had. */
async function memoryOf(line: 'VmRSS' | 'VmHWM'): Promise<number> {
  const text = await readFile(`/proc/${await lodge.daemonPid()}/status`, 'utf8');
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

test('of hundreds of hostile requests none is answered with 500, and the memory they took comes back', async () => {
  const fuzz = async (seed: number, numRuns: number) => {
    for (const request of fc.sample(hostileRequest, { seed, numRuns })) {
      const { status, code, text } = await sendRaw(socket, request, {
        headOnly: request.startsWith('GET'),
      });
      assert.ok(status >= 200 && status < 500, `${status} to ${request.slice(0, 400)}: ${text.slice(0, 600)}`);
      // HEAD has no body, and of a stream only the head is read.
      if (status >= 400 && !/^(GET|HEAD)/.test(request))
        assert.notEqual(code, null, `${request.slice(0, 400)}: ${text}`);
    }
  };
  const pid = await lodge.daemonPid();
  await fuzz(1, 600);
  const before = await memoryOf('VmRSS');
  await fuzz(2, 600);
  assert.equal(await lodge.daemonPid(), pid);
  await eventually('the memory is back', async () => (await memoryOf('VmRSS')) < before * 1.1, 120_000);
  assert.equal((await sendRaw(socket, rawRequest('GET', '/v1/daemon', null))).status, 200);
});
