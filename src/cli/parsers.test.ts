import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseIpv4, parseIpv6 } from '../base/address.ts';
import { unwrap } from '../base/parsed.ts';
import { closest, editDistance } from '../base/suggest.ts';
import { renderTable } from '../base/text-table.ts';
import { imageNameFrom } from '../model/image.ts';
import { parseBootOrder } from './boot-order.ts';
import { optionName } from './command.ts';
import { parseDuration } from './duration.ts';
import { renderShellLines } from './shell-lines.ts';
import { resolveImage } from './user-files.ts';
import {
  autoNoneOr,
  parseAnyAddress,
  parseCount,
  parseDiskSize,
  parseMemory,
  parseNewGuestName,
  parseTypedChecksum,
  parseTypedPublish,
  parseVcpus,
} from './values.ts';

describe('values of options', () => {
  test('times are seconds unless they say otherwise', () => {
    const times = ['90', '90s', '2min', '500ms', '1.5h'].map((text) => unwrap(parseDuration(text)));
    assert.deepEqual(times, [90_000, 90_000, 120_000, 500, 5_400_000]);
    for (const text of ['', 'soon', '-1', '1d', '1 0']) assert.equal(parseDuration(text).ok, false, text);
  });

  test('boot orders are QEMU’s, a bare word is the order', () => {
    assert.deepEqual(unwrap(parseBootOrder('order=cd,once=d')), { order: 'cd', once: 'd' });
    assert.deepEqual(unwrap(parseBootOrder('dc')), { order: 'dc' });
    for (const text of ['order=', 'menu=on', 'c,,d', 'order=c1']) assert.equal(parseBootOrder(text).ok, false, text);
  });

  test('memory is whole MiB and counts are whole numbers', () => {
    assert.equal(unwrap(parseMemory('1.5GiB')), 1536);
    const suggestions = {
      2048: '2048MiB',
      512: '512MiB',
      4: '4GiB',
      '2GB': '2GiB',
      '1.0001GiB': '1024MiB',
    };
    // What would be refused as well is not offered.
    const sizes = ['0', '0GB', '1k', '63.4MiB', '99999999', '99TB'].map(parseMemory);
    for (const read of [...sizes, ...['+0', '0.0', '600 cpus'].map(parseVcpus)]) {
      assert.ok(!read.ok && !/did you mean/.test(read.reason), JSON.stringify(read));
    }
    for (const [text, meant] of Object.entries(suggestions)) {
      const read = parseMemory(text);
      assert.ok(!read.ok && read.reason.includes(`did you mean ${meant}?`), `${text}: ${JSON.stringify(read)}`);
    }
    assert.equal(unwrap(parseDiskSize('1.5GiB')), 1536 * 1024 ** 2);
    assert.equal(parseDiskSize('1.1GiB').ok, false);
    assert.equal(parseCount('1e3').ok, false);
    assert.equal(parseCount('-1').ok, false);
  });

  test('a near miss is told with what was likely meant', () => {
    type Parse = (text: string) => { ok: boolean; reason?: string };
    const misses: [Parse, Record<string, string>][] = [
      [parseCount, { '2 vCPU': '2', '2cpus': '2', '2.0': '2', '+4': '4' }],
      [
        parseMemory,
        { '1,5GiB': '1.5GiB', '2gigs': '2GiB', '4 Gi': '4GiB', '1_024MiB': '1024MiB', '2 gigabytes': '2GiB' },
      ],
      [parseDuration, { '2 minutes': '2min', '90SEC': '90s', '1d': '24h', '1,5h': '1.5h' }],
      [parseNewGuestName, { Web1: 'web1', web_1: 'web-1', 'web1.': 'web1' }],
      [
        parseTypedChecksum,
        {
          [`${'a'.repeat(64)}  disk.img`]: `sha256:${'a'.repeat(64)}`,
          [`sha512=${'0'.repeat(128)}`]: `sha512:${'0'.repeat(128)}`,
        },
      ],
      [
        parseTypedPublish,
        { 80: '80:80', '8080->80': '8080:80', '8080/80': '8080:80', '53:53 UDP': '53:53/udp', 'tcp/22:22': '22:22' },
      ],
      [autoNoneOr(parseIpv4), { '10.0.0.5/24': '10.0.0.5', AUTO: 'auto', dhcp: 'auto' }],
      [autoNoneOr(parseIpv6), { '[2001:db8::1]': '2001:db8::1', None: 'none' }],
      [parseAnyAddress, { '203.0.113.2/32': '203.0.113.2' }],
      [parseBootOrder, { 'c,d': 'order=cd' }],
    ];
    for (const [parse, table] of misses) {
      for (const [text, meant] of Object.entries(table)) {
        const read = parse(text);
        assert.ok(!read.ok && read.reason?.endsWith(`(did you mean ${meant}?)`), `${text}: ${JSON.stringify(read)}`);
      }
    }
    for (const text of ['8080:80,8443:443', 'eight', '1.2.3.4.5:1:2']) {
      const read = parseTypedPublish(text);
      assert.ok(!read.ok && !/did you mean/.test(read.reason), text);
    }
  });

  test('an option is named by its long form', () => {
    const names = ['--no-wait', '-f, --follow', '--memory <size>'].map((flags) => optionName({ flags, summary: '' }));
    assert.deepEqual(names, ['wait', 'follow', 'memory']);
  });

  test('an image is a name, a path of the user, or a URL', () => {
    const images = ['debian-12', './a.qcow2', '../b', 'https://x/y.img', 'none.qcow2'].map((text) =>
      resolveImage(text, '/srv/d'),
    );
    assert.deepEqual(images, ['debian-12', '/srv/d/a.qcow2', '/srv/b', 'https://x/y.img', 'none.qcow2']);
  });

  test('a bare word that can be no image is the file of that name', () => {
    const here = mkdtempSync(join(tmpdir(), 'lodge-images-'));
    for (const name of ['x.iso', 'Disk', 'disk', 'd.qcow2.xz', 'a_b']) writeFileSync(join(here, name), '');
    const read = (text: string) => resolveImage(text, here).replace(here, '.');
    const words = ['x.iso', 'Disk', 'd.qcow2.xz', 'a_b', 'disk', 'none.iso'];
    assert.deepEqual(words.map(read), ['./x.iso', './Disk', './d.qcow2.xz', './a_b', 'disk', 'none.iso']);
    rmSync(here, { recursive: true });
  });

  test('an imported image is named after its file', () => {
    assert.equal(imageNameFrom('https://example.org/Debian_12-amd64.qcow2?x=1'), 'debian-12-amd64');
    assert.equal(imageNameFrom('/srv/disk.img'), 'disk');
  });
});

describe('suggestions', () => {
  test('a swap of neighbours is one edit', () => {
    assert.equal(editDistance('sotp', 'stop'), 1);
    assert.equal(editDistance('', 'abc'), 3);
    assert.equal(editDistance('kitten', 'sitting'), 3);
  });

  test('the nearest is taken, and nothing when all are far', () => {
    assert.equal(closest('wbe1', ['db1', 'web1', 'web10']), 'web1');
    assert.equal(closest('ls', ['lt', 'show']), 'lt');
    assert.equal(closest('apply', ['create', 'ls']), undefined);
    assert.equal(closest('x', []), undefined);
  });
});

describe('texts', () => {
  test('tables have no trailing space', () => {
    assert.equal(
      renderTable([
        ['A', 'B'],
        ['long', ''],
      ]),
      'A     B\nlong\n',
    );
  });

  test('a command line has an option and its value on a line, quoted where a shell needs it', () => {
    const words = ['/usr/bin/qemu', '-name', "guest=it's", '-S', '-device', 'virtio-rng-pci', '-append', 'a b'];
    assert.deepEqual(renderShellLines(words), [
      '/usr/bin/qemu',
      `-name 'guest=it'\\''s'`,
      '-S',
      '-device virtio-rng-pci',
      "-append 'a b'",
    ]);
  });
});
