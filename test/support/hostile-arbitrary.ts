import fc from 'fast-check';
import { rawRequest } from './raw-request.ts';

/** Names of things that are not there, and what is no name at all. */
const segment = fc.oneof(
  fc.constantFrom(
    'web1',
    'x'.repeat(5000),
    '..',
    '%2e%2e',
    '%2f%2fetc%2fpasswd',
    '%00',
    '%zz',
    '%c3%28',
    '%e2%80%ae',
    '$(id)',
  ),
  fc.constantFrom(
    "';--",
    '-1',
    '0',
    '1e309',
    'NaN',
    '99999999999999999999',
    '__proto__',
    'constructor',
    '*',
    '%0d%0aX:%20y',
  ),
  fc.webSegment({ size: 'small' }),
);

const path = fc.oneof(
  fc.constantFrom('/', '//', '/v1', '/v1/nothing', '/v2/guests', '/v1/openapi.json', '/v1/daemon', '/v1/setup'),
  fc.constantFrom('/v1/guests', '/v1/images', '/v1/operations', '/v1/network/status', '/v1/metrics', '/v1/doctor'),
  fc.constantFrom('/v1/images/build', '/v1/images/import', '/v1/network/explain', '/v1/network/import'),
  fc.constantFrom('/v1/network/plans', '/v1/network/confirm', '/v1/network/rollback', '/v1/events'),
  fc
    .tuple(fc.constantFrom('guests', 'images', 'operations', 'network/plans'), segment)
    .map(([noun, name]) => `/v1/${noun}/${name}`),
  fc
    .tuple(
      segment,
      fc.constantFrom('start', 'stop', 'kill', 'restart', 'command', 'logs', 'console', 'vnc', 'exec', 'password', 'x'),
    )
    .map(([name, verb]) => `/v1/guests/${name}/${verb}`),
  fc
    .tuple(segment, fc.constantFrom('prove', 'apply', 'cancel', 'watch'))
    .map(([name, verb]) =>
      verb === 'cancel' || verb === 'watch' ? `/v1/operations/${name}/${verb}` : `/v1/network/plans/${name}/${verb}`,
    ),
);

const query = fc.constantFrom(
  '',
  '?',
  '?since=abc',
  '?since=-1',
  '?since=1e999',
  '?tail=%zz',
  '?tail=999999999999&follow=1',
  '?agent=1&agent=2',
  '?source=%00',
  '?agent=1',
  `?${'a=b&'.repeat(500)}`,
);

const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    5e-324,
    '',
    'web1',
    '\0',
    '\u202e',
    '\ud800',
    '../..',
    '/dev/zero',
    '$(id)',
    [],
    {},
  ),
  fc.constant('x'.repeat(100_000)),
  fc.array(fc.integer(), { maxLength: 50 }),
  fc.object({ maxDepth: 3 }),
);

const KEYS = [
  'name',
  'image',
  'memoryMiB',
  'vcpus',
  'disk',
  'boot',
  'publish',
  'sshKeys',
  'userData',
  'userDataBase64',
  'mac',
];
const MORE_KEYS = [
  'ipv4',
  'wait',
  'dryRun',
  'source',
  'checksum',
  'token',
  'layout',
  'plan',
  'facts',
  'write',
  'command',
  'password',
];

/** Never one that a route would act upon: each object has a key that nobody knows. */
const jsonBody = fc.oneof(
  fc
    .dictionary(fc.constantFrom(...KEYS, ...MORE_KEYS, '__proto__', 'constructor'), hostileValue, { maxKeys: 8 })
    .map((value) => JSON.stringify({ ...value, 'nobody knows': 1 })),
  fc.anything().map((value) => JSON.stringify([value]) ?? '[]'),
  fc.integer({ min: 1, max: 30_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.integer({ min: 1, max: 60_000 }).map((count) => `[${'{},'.repeat(count)}{}]`),
  fc.constantFrom('null', '"x"', '1', '{"name":', '{]', '\ufeff{}', '{"a":1}{"b":2}', '\0', ' '.repeat(100_000)),
);

const header = fc.constantFrom(
  'Content-Type: application/json',
  'Content-Type: text/plain',
  'Content-Type: multipart/form-data',
  'Content-Encoding: gzip',
  'Transfer-Encoding: chunked',
  'Content-Length: 7',
  'Expect: 100-continue',
  'Upgrade: lodge-stream',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Accept: text/plain',
  'Host: other',
  'Host: a b c',
  `X-Long: ${'y'.repeat(9000)}`,
  'Cookie: \xff\xfe',
  'no header at all',
);

const method = fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'BREW');

/** Effects on the host begin with an empty body here: these are asked with another one. */
const EFFECTS = /^\/v1\/(setup|doctor|daemon\/stop|network\/rollback|network\/import)/;

/** Requests that nobody well-meaning sends. None of them does anything to the host. */
export const hostileRequest: fc.Arbitrary<string> = fc
  .tuple(method, path, query, fc.option(jsonBody, { freq: 3 }), fc.array(header, { maxLength: 3 }))
  .map(([verb, where, asked, body, headers]) => {
    // What promises a body and brings none would be waited for.
    const kept = body === null ? headers.filter((line) => !/^(Transfer|Content-Length)/.test(line)) : headers;
    const safe = EFFECTS.test(where) && verb !== 'GET' ? '{"nobody knows":1}' : body;
    return rawRequest(verb, where + asked, safe, kept);
  });
