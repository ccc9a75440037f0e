import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideLogins } from '../base/hide-logins.ts';
import { fetchError, parseFailures, stallError } from './apt-indexes.ts';

/** As apt 2.6 says it. */
const LINES = `Get:1 http://deb.example/debian bookworm InRelease [151 kB]
Ign:2 http://127.0.0.1:9/debian bookworm InRelease
Err:4 http://deb.example/debian priority:2 bookworm-updates InRelease
  400  Bad\u001b[31m Request [IP: 203.0.113.80 80]
Err:2 http://me:secret@127.0.0.1:9/debian bookworm InRelease
  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)
W: GPG error: http://x.example/debian bookworm InRelease: The following signatures couldn't be verified: NO_PUBKEY 0123
E: The repository 'http://deb.example/debian nosuch Release' does not have a Release file.
E: Some index files failed to download. They have been ignored, or old ones used instead.`.split('\n');

test('what apt could not fetch: each archive with its cause, no login and nothing that a terminal obeys', () => {
  assert.deepEqual(parseFailures(LINES), [
    'http://deb.example/debian bookworm-updates: 400  Bad[31m Request [IP: 203.0.113.80 80]',
    'http://127.0.0.1:9/debian bookworm: Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)',
    "http://x.example/debian bookworm InRelease: The following signatures couldn't be verified: NO_PUBKEY 0123",
    "The repository 'http://deb.example/debian nosuch Release' does not have a Release file.",
  ]);
  assert.equal(fetchError(['a', 'a']).message, "the host's apt cannot fetch a");
  assert.match(stallError(LINES.slice(0, 2), 90_000).message, /nothing came for 90 s from .*127\.0\.0\.1:9/);
});

test('a login goes out of every address in a text', () => {
  const text = 'proxy http://me:p%40ss@proxy:3128/, mirror+https://me@m.example/d and mail me@m.example';
  assert.equal(hideLogins(text), 'proxy http://proxy:3128/, mirror+https://m.example/d and mail me@m.example');
});
