import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { judgeUserData } from './judge.ts';

const unpack = (bytes: Uint8Array): Uint8Array | null => {
  try {
    return gunzipSync(bytes);
  } catch {
    return null;
  }
};

function judge(data: string | Uint8Array): string[] {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const findings = judgeUserData(bytes, unpack).map(({ severity, rule }) => `${severity}: ${rule}`);
  // Short keys that no module reads: known-keys.test.ts is about them.
  return findings.filter((finding) => !finding.includes('keys that a module of cloud-init reads'));
}

const fine = (...all: (string | Uint8Array)[]) => {
  for (const data of all) assert.deepEqual(judge(data), [], String(data));
};
const refused = (data: string | Uint8Array, wording: RegExp) => {
  const [first = 'nothing', ...others] = judge(data);
  assert.deepEqual(others, []);
  assert.match(first, /^error: /);
  assert.match(first, wording);
};

function mime(...parts: string[]): string {
  const bodies = parts.map((part) => `--XX\n${part}\n`).join('');
  return `Content-Type: multipart/mixed; boundary="XX"\nMIME-Version: 1.0\n\n${bodies}--XX--\n`;
}

test('everything that cloud-init recognises is taken', () => {
  fine('#cloud-config\n', '#cloud-config\npackages: [vim]\n', '#Cloud-Config\r\nhostname: a\r\n');
  fine('\n  #cloud-config\na: 1\n', '#!/bin/sh\necho hello\n', '#include\nhttps://example.org/x\n');
  fine(
    '#include-once https://example.org/x\n',
    '#cloud-boothook\n#!/bin/sh\n',
    '#part-handler\ndef list_types(): ...\n',
  );
  fine(
    '## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n',
    '## template: jinja\n#!/bin/sh\necho {{ x }}\n',
  );
  fine(
    '#cloud-config-archive\n- type: text/cloud-config\n  content: |\n    a: 1\n- "#!/bin/sh\\n"\n- content: "b: 2"\n  launch-index: 2\n  x-own: text\n',
  );
  fine('#cloud-config-jsonp\n[{"op": "add", "path": "/a", "value": 1}]\n');
  fine(gzipSync('#cloud-config\na: 1\n'), gzipSync(mime('Content-Type: text/cloud-config\n\na: 1')));
});

test('what is empty is taken with a warning', () => {
  const rule = 'have something in it: this is empty, and the guest is set up without it';
  for (const data of ['', '  \n', gzipSync('')]) assert.deepEqual(judge(data), [`warning: ${rule}`]);
});

test('what has no line that cloud-init knows is refused, and told what it is', () => {
  refused('packages: [vim]\n', /must|begin with a line that cloud-init knows: #!, #include, #cloud-config,/);
  refused('# cloud-config\na: 1\n', /begin with a line/);
  refused('\ufeff#cloud-config\na: 1\n', /without a byte order mark/);
  refused(Uint8Array.from(Buffer.from('#cloud-config\nname: M\xfcller\n', 'latin1')), /be UTF-8/);
  refused(Uint8Array.from(Buffer.from('\xfd7zXZ\0', 'latin1')), /plain or packed with gzip: cloud-init reads no xz/);
  refused('## template: jinja\nhostname: x\n', /name its type in the line after/);
  refused('#cloud-config-jsonp\nnot json', /JSON patch/);
});

test('a gzip that is cut off, at whatever byte', () => {
  const whole = gzipSync(`#cloud-config\n${'a: 1\n'.repeat(50)}`);
  for (let size = 2; size < whole.length; size++) refused(whole.subarray(0, size), /whole gzip/);
  refused(gzipSync(gzipSync('#cloud-config\n')), /UTF-8/);
});

test('broken YAML is told with its line and column, and with no word of it', () => {
  refused('#cloud-config\nnot yaml: [', /be valid YAML: .*\(line 2, column 12\)$/);
  refused('#cloud-config\na: 1\n b: 2\n', /\(line \d, column \d\)$/);
  refused('#cloud-config\nkey: "hunter2\n', /^error: (?!.*hunter2).*\(line \d, column \d+\)$/);
  refused('#cloud-config\npassword: !vault hunter2\n', /^error: (?!.*hunter2).*a tag .*\(line 2, column 11\)$/);
  refused('#cloud-config\n- a\n', /be a mapping \(key: value\) \(line 2, column 1\)$/);
  refused('#cloud-config\njust words\n', /be a mapping/);
  refused('#cloud-config-archive\na: 1\n', /be a list of parts \(line 2, column 1\)$/);
  refused('#cloud-config\na: 1\n---\nb: 2\n', /a second document/);
  refused('#cloud-config\na: *hunter2\n', /an alias .* \(line 2, column 4\)$/);
  fine('#cloud-config\na: &x 1\nb: *x\n');
  // Where PyYAML is narrower than YAML 1.2.
  refused('#cloud-config\na: b\t\n', /a tab stands .* \(line 2, column 5\)$/);
  refused('#cloud-config\na:\tb\n', /a tab stands .* \(line 2, column 3\)$/);
  fine('#cloud-config\na: |\n  x\ty\n  z\t\nb: "\t" # a\tb\nc: x\ty\n');
  refused('#cloud-config\na: \x01\n', /a control character \(line 2, column 4\)$/);
  refused('#cloud-config\n? [a]\n: b\n', /a list or a mapping as a key \(line 2, column 3\)$/);
  refused('#cloud-config-archive\n- a: 1\n', /have text in every field of entry 1/);
  refused(gzipSync('#cloud-config\nnot yaml: ['), /\(line 2, column 12\)$/);
});

test('a part of a MIME message is judged where it lies, encoded or not', () => {
  refused(mime('Content-Type: text/cloud-config\n\na: [1'), /\(line 7, column 6\), in part 1 of the MIME message$/);
  const encoded = Buffer.from('#cloud-config\na: [1').toString('base64');
  const part = `Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${encoded}`;
  refused(mime('Content-Type: text/x-shellscript\n\n#!/bin/sh', part), /in part 2 of the MIME message, decoded$/);
  const quoted = 'Content-Type: text/cloud-config\nContent-Transfer-Encoding: quoted-printable\n\na: =5B1';
  refused(mime(quoted), /in part 1 of the MIME message, decoded$/);
  const inner = mime('Content-Type: text/cloud-config\n\n- a').replaceAll('XX', 'YY');
  refused(mime(inner), /be a mapping .* in part 1/);
  refused('MIME-Version: 1.0\nContent-Type: multipart/mixed\n\nx', /name its boundary/);
  refused('MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\nx', /have parts/);
  fine(
    mime(
      'Content-Type: text/cloud-config; charset="us-ascii"\n\na: 1',
      'Content-Type: text/x-shellscript\n\n#!/bin/sh\n',
    ),
  );
  fine(mime('Content-Type: text/cloud-config\n\na: 1').replaceAll('\n', '\r\n'));
});

test('what cloud-init does in spite of it is a warning', () => {
  assert.match(judge('#!/bin/sh\r\necho\r\n').join(), /^warning: end the line of the interpreter/);
  assert.match(judge('#cloud-config\na: 1\na: 2\n').join(), /^warning: name a key once.*\(line 3, column 1\)$/);
  assert.match(judge(mime('Content-Type: text/html\n\nx')).join(), /^warning: .*text\/html, in part 1/);
  assert.match(
    judge(mime('Content-Type: text/cloud-config\n\na: 1').replace('--XX--', '')).join(),
    /^warning: end with/,
  );
});
