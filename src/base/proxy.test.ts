import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProxies, proxyFor, proxySettings, withoutLogin } from './proxy.ts';

const at = (url: string, env: Record<string, string>) => proxyFor(new URL(url), proxySettings(env));

test('each scheme has its proxy, lower case first, all_proxy for what is not named', () => {
  assert.equal(at('http://a/', { http_proxy: 'http://p:1', HTTP_PROXY: 'http://q:1' }), 'http://p:1');
  assert.equal(at('https://a/', { http_proxy: 'http://p:1' }), null);
  assert.equal(at('https://a/', { HTTPS_PROXY: 'http://u:w@p:1' }), 'http://u:w@p:1');
  assert.equal(at('https://a/', { ALL_PROXY: 'p.example:3128' }), 'http://p.example:3128');
  assert.equal(at('http://a/', { http_proxy: '', HTTP_PROXY: 'http://q:1' }), null);
  assert.equal(at('http://a/', {}), null);
});

const DIRECT: [string, string][] = [
  ['*', 'http://anything/'],
  ['localhost,example.org', 'http://example.org/'],
  ['example.org', 'https://a.b.example.org:8443/'],
  ['.example.org', 'https://example.org/'],
  ['*.Example.org.', 'https://A.example.org./'],
  ['example.org:8080', 'http://example.org:8080/'],
  ['a b\texample.org', 'http://example.org/'],
  ['192.0.2.7', 'http://192.0.2.7/'],
  ['192.0.2.0/24', 'http://192.0.2.7:99/'],
  ['10.0.0.0/8:80', 'http://10.1.2.3/'],
  ['2001:db8::/32', 'http://[2001:db8::1]/'],
  ['[2001:db8::1]', 'http://[2001:db8:0::1]/'],
  ['[2001:db8::1]:80', 'http://[2001:db8::1]/'],
  ['[2001:db8::]/32', 'http://[2001:db8::1]/'],
  ['2001:db8::80', 'http://[2001:db8::80]:99/'],
];
const NOT_DIRECT: [string, string][] = [
  ['', 'http://example.org/'],
  [',', 'http://example.org/'],
  ['.', 'http://example.org/'],
  ['example.org', 'http://notexample.org/'],
  ['example.org', 'http://example.org.evil/'],
  ['example.org:8080', 'http://example.org/'],
  ['192.0.2.0/24', 'http://192.0.3.7/'],
  ['192.0.2.0/24', 'http://192.0.2.7.example/'],
  ['[2001:db8::1]:443', 'http://[2001:db8::1]/'],
  ['2001:db8::/32', 'http://[2001:db9::1]/'],
];

test('no_proxy: domains, addresses, prefixes, ports and the star', () => {
  const env = (none: string) => ({ all_proxy: 'http://p:1', no_proxy: none });
  for (const [none, url] of DIRECT) assert.equal(at(url, env(none)), null, `${none} covers ${url}`);
  for (const [none, url] of NOT_DIRECT) assert.equal(at(url, env(none)), 'http://p:1', `${none} does not cover ${url}`);
});

test('a login is never shown', () => {
  assert.equal(withoutLogin('http://user:pa%40ss@proxy.example:3128/x'), 'http://proxy.example:3128');
  assert.equal(withoutLogin('http://user:p@ss/wo rd@[bad'), 'http://[bad');
  const settings = proxySettings({ http_proxy: 'u:secret@p:1', https_proxy: 'http://p:1', no_proxy: 'a, b' });
  assert.equal(describeProxies(settings), 'http://p:1 (not for a, b)');
  assert.equal(describeProxies(proxySettings({ no_proxy: 'a' })), 'no proxy');
  assert.equal(describeProxies(proxySettings({ http_proxy: 'http://p:1' })), 'http://p:1 for http, no proxy for https');
});
