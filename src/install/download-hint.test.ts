import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toErrorBody } from '../base/errors.ts';
import { downloadFailed, downloadHint } from './download-hint.ts';
import { HttpRefusal } from './http-get.ts';

test('to try again later is only said where it may help', () => {
  const hint = (status: number) => downloadHint(new HttpRefusal(status, ''));
  for (const status of [408, 425, 429, 500, 502, 503, 504]) assert.equal(hint(status), 'try again later', `${status}`);
  for (const status of [400, 401, 403, 404, 405, 410, 416, 451]) {
    assert.doesNotMatch(hint(status), /later/, `${status}`);
    assert.match(hint(status), /URL/, `${status}`);
  }
  assert.match(hint(401), /login.*lodge image import FILE/);
  assert.equal(hint(404), hint(410));
});

test('what the connection died of has its own next step, however deep it lies', () => {
  const died = (code: string) => new Error('it failed', { cause: Object.assign(new Error('raw'), { code }) });
  for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'CERT_HAS_EXPIRED', 'SELF_SIGNED_CERT_IN_CHAIN', 'EPROTO']) {
    assert.doesNotMatch(downloadHint(died(code)), /later/, code);
  }
  for (const code of ['ECONNRESET', 'ETIMEDOUT', '']) assert.equal(downloadHint(died(code)), 'try again later', code);
});

test('what Node has a name of C for is told in words, once', () => {
  for (const code of [
    'ENOTFOUND',
    'EAI_AGAIN',
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ]) {
    const cause = Object.assign(new Error(`getaddrinfo ${code} x`), { code });
    const { message, hint } = toErrorBody(downloadFailed('https://x/y', new Error('it failed', { cause })));
    const [, says = ''] = /^https:\/\/x\/y could not be downloaded: (.+)$/.exec(message) ?? [];
    assert.match(says, /^[a-z][a-zA-Z' ]+$/, message);
    assert.doesNotMatch(message, /E[A-Z]{3}/);
    assert.ok(hint !== undefined && !hint.includes(says), hint);
  }
});

test('a refusal names its status in the words of HTTP', () => {
  assert.equal(
    new HttpRefusal(404, ', through the proxy p').message,
    'the server answered 404 (Not Found), through the proxy p',
  );
});
