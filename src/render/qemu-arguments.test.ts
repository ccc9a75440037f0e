import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GOLDEN_DIR, goldenInput, goldenNames, readGolden, renderGolden } from '../../test/support/qemu-golden.ts';
import { renderQemuArguments } from './qemu-arguments.ts';
import { device, listOption, option, textOption, toArgv, toLines } from './qemu-option.ts';

// LODGE_UPDATE=1 writes the expected lines anew: read the difference before committing it.
for (const name of goldenNames()) {
  test(`${name}: ${readGolden(name).about}`, () => {
    const file = join(GOLDEN_DIR, `${name}.args`);
    const rendered = renderGolden(readGolden(name));
    if (process.env.LODGE_UPDATE === '1') writeFileSync(file, rendered);
    assert.equal(rendered, readFileSync(file, 'utf8'));
  });
}

test('every expected line belongs to a golden', () => {
  const expected = globSync('*.args', { cwd: GOLDEN_DIR }).map((file) => file.replace(/\.args$/, ''));
  assert.deepEqual(expected.sort(), goldenNames());
  assert.ok(goldenNames().length >= 12);
});

test('a comma is doubled in lists and left alone in whole texts', () => {
  assert.deepEqual(toArgv([listOption('vnc', 'unix:/a,b', { share: 'ignore' })]), ['-vnc', 'unix:/a,,b,share=ignore']);
  assert.deepEqual(toArgv([textOption('pidfile', '/a,b')]), ['-pidfile', '/a,b']);
});

test('booleans are on and off, undefined properties are left out, empty ones stay', () => {
  const nic = device('virtio-net-pci', { romfile: '', bootindex: undefined, netdev: 'net0', packed: false });
  assert.equal(
    toLines([option('nodefaults'), nic]),
    '-nodefaults\n-device virtio-net-pci,romfile=,netdev=net0,packed=off\n',
  );
});

test('the same guest gives the same line', () => {
  const render = () => toArgv(renderQemuArguments(goldenInput(readGolden('maximal'))).options);
  assert.deepEqual(render(), render());
});

test('no path of the identity files but the path itself is on the line', () => {
  const line = toArgv(renderQemuArguments(goldenInput(readGolden('overlay'))).options).join(' ');
  assert.match(line, /-smbios type=11,path=\/var\/lib\/lodge/);
  assert.doesNotMatch(line, /type=11,value=/);
});
