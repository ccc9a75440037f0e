import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { observeQemu, parseDevices, parseMachines, parseOptions } from './abilities.ts';
import { findUefi } from './firmware.ts';

test('machines are the first word of each line that has a description', () => {
  const text =
    'Supported machines are:\nmicrovm              microvm (i386)\npc                   Standard PC (alias of x)\n';
  assert.deepEqual(parseMachines(text), ['microvm', 'pc']);
});

test('devices are the quoted names', () => {
  const text =
    'Storage devices:\nname "ide-cd", bus IDE, desc "virtual IDE CD-ROM"\nname "ich9-ahci", bus PCI, alias "ahci"\n';
  assert.deepEqual(parseDevices(text), ['ide-cd', 'ich9-ahci']);
});

test('options lose their hyphens and count once', () => {
  const text =
    '-action reboot=reset|shutdown\n-action panic=pause\n--preconfig     pause\n  -not an option\n-k language\n';
  assert.deepEqual(parseOptions(text), ['action', 'preconfig', 'k']);
});

test('a QEMU that is not there is missing packages', async () => {
  await assert.rejects(observeQemu('qemu-system-nothing'), { code: 'PACKAGES_MISSING', hint: 'lodge setup' });
  await assert.rejects(observeQemu('/nonexistent/qemu'), { code: 'PACKAGES_MISSING' });
});

test('a program that is no QEMU does not pass for one', async () => {
  await assert.rejects(observeQemu('/bin/false'), { code: 'QEMU_FAILED' });
});

test('firmware: plain, for both boards, and there; by the number of its descriptor', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'firmware-'));
  const file = async (name: string, content: unknown) => {
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(directory, name);
  };
  const descriptor = (code: string, vars: string, more = {}) => ({
    'interface-types': ['uefi'],
    mapping: {
      device: 'flash',
      executable: { filename: code, format: 'raw' },
      'nvram-template': { filename: vars, format: 'raw' },
    },
    targets: [{ architecture: 'x86_64', machines: ['pc-i440fx-*', 'pc-q35-*'] }],
    features: [],
    ...more,
  });
  try {
    const [code, vars] = [await file('code.fd', ''), await file('vars.fd', '')];
    await file('10-broken.json', '{');
    await file('20-secure.json', descriptor('/secure', vars, { features: ['secure-boot', 'requires-smm'] }));
    await file(
      '30-q35.json',
      descriptor('/q35', vars, { targets: [{ architecture: 'x86_64', machines: ['pc-q35-*'] }] }),
    );
    await file('40-gone.json', descriptor('/gone', vars));
    await file('50-plain.json', descriptor(code, vars));
    assert.deepEqual(await findUefi(directory), { code, varsTemplate: vars });
  } finally {
    await rm(directory, { recursive: true });
  }
});
