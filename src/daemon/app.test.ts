import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorBody } from '../base/errors.ts';
import { createApp } from './app.ts';
import type { Services } from './services.ts';

const REFERENCE = join(import.meta.dirname, '../../docs/reference/openapi.json');
const silence = { info() {}, warn() {}, error() {} };

/** Routes that never get past their checks need no services. */
function app() {
  const refuse = () => assert.fail('the request should have been refused');
  const guests = { store: { guests: { find: refuse, rows: () => [] } }, images: {}, operations: {} };
  return createApp({ guests } as unknown as Services, silence);
}

async function errorOf(response: Response): Promise<ErrorBody> {
  return ((await response.json()) as { error: ErrorBody }).error;
}

function post(path: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return Promise.resolve(app().request(path, { method: 'POST', headers, body }));
}

test('the checked-in OpenAPI document is the one the daemon serves', async (context) => {
  const response = await app().request('/v1/openapi.json');
  context.assert.fileSnapshot(await response.json(), REFERENCE);
});

test('a body of the wrong shape is refused with every problem: path, rule and value', async () => {
  const response = await post('/v1/guests', JSON.stringify({ name: 5, disk: { format: 'vhd' }, colour: 'red' }));
  assert.equal(response.status, 422);
  const { code, problems } = await errorOf(response);
  assert.equal(code, 'VALIDATION_FAILED');
  assert.deepEqual(problems, [
    { path: 'name', rule: 'must be of the type string', value: 5 },
    { path: 'disk.format', rule: 'must be one of qcow2, raw', value: 'vhd' },
    { path: 'colour', rule: 'is not known here', value: 'red' },
  ]);
});

test('what is missing is told as missing, and a request without a body as well', async () => {
  const missing = [{ path: 'name', rule: 'must be given, of the type string' }];
  assert.deepEqual((await errorOf(await post('/v1/guests', '{}'))).problems, missing);
  const bare = await errorOf(await app().request('/v1/guests', { method: 'POST' }));
  assert.deepEqual([bare.code, bare.problems], ['VALIDATION_FAILED', missing]);
  assert.doesNotMatch(bare.message, /null/);
});

test('a body that is no JSON is a usage error', async () => {
  const response = await post('/v1/guests', '{"name":');
  assert.equal(response.status, 400);
  assert.equal((await errorOf(response)).code, 'USAGE');
});

test('a path that is not there names itself', async () => {
  const response = await app().request('/v1/nothing');
  assert.equal(response.status, 404);
  assert.match((await errorOf(response)).message, /GET \/v1\/nothing/);
});

test('a port to publish outside 1 to 65535 is refused', async () => {
  const publish = [{ protocol: 'tcp', hostAddress: null, hostPort: 0, guestPort: 70000 }];
  const { problems } = await errorOf(await post('/v1/guests', JSON.stringify({ name: 'web1', publish })));
  assert.deepEqual(
    problems?.map(({ path, rule }) => `${path} ${rule}`),
    ['publish[0].hostPort must be at least 1', 'publish[0].guestPort must be at most 65535'],
  );
});

test('what is more than anybody sends is told by its number, and what may be a secret is not repeated', async () => {
  const key = `ssh-ed25519 ${'A'.repeat(68)} x`;
  const port = { protocol: 'tcp', hostAddress: null, hostPort: 80, guestPort: 80 };
  const body = { name: 'web1', sshKeys: Array(1001).fill(key), publish: Array(1025).fill(port), mac: 'x'.repeat(1001) };
  const { problems } = await errorOf(await post('/v1/guests', JSON.stringify(body)));
  assert.deepEqual(
    problems?.map(({ path, rule }) => `${path} ${rule}`),
    [
      'sshKeys must have at most 1000 entries',
      'mac must have at most 1000 characters',
      'publish must have at most 1024 entries',
    ],
  );
  const none = await errorOf(await post('/v1/guests/web1/exec', JSON.stringify({ command: [] })));
  assert.deepEqual(none.problems, [{ path: 'command', rule: 'must have at least 1 entry', value: [] }]);
  const secret = 'secret'.repeat(200);
  const told = await errorOf(await post('/v1/guests/web1/password', JSON.stringify({ password: secret })));
  assert.deepEqual(told.problems, [{ path: 'password', rule: 'must have at most 1000 characters' }]);
  const env = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`SECRET${at}`, 'secret']));
  const many = await errorOf(await post('/v1/guests/web1/exec', JSON.stringify({ command: ['true'], env })));
  assert.deepEqual(many.problems, [{ path: 'env', rule: 'must have at most 1000 entries' }]);
  for (const { message } of [told, many]) assert.doesNotMatch(message, /secret/);
});

test('the guests are a table for whoever asks for text, and JSON for everybody else', async () => {
  const row = { name: 'web1', phase: 'running', ipv4: '10.0.0.2', ipv6: null, memoryMiB: 64, vcpus: 1, image: null };
  const guests = { store: { guests: { rows: () => [row] } }, images: {}, operations: {} };
  const served = createApp({ guests } as unknown as Services, silence);
  const text = await served.request('/v1/guests', { headers: { accept: 'text/plain' } });
  assert.equal(
    await text.text(),
    'NAME  STATE    IPV4      IPV6  MEMORY  VCPUS  IMAGE\nweb1  running  10.0.0.2  -     64MiB   1      -\n',
  );
  const json = await served.request('/v1/guests', { headers: { accept: 'application/json' } });
  assert.deepEqual(await json.json(), [row]);
});
