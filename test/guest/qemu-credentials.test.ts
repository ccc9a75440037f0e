import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { exec } from '../../src/host/exec.ts';
import { makeHostKey } from '../../src/install/ssh-keys.ts';
import { identityProblems } from '../../src/plan/identity-room.ts';
import { observeQemu } from '../../src/qemu/abilities.ts';
import { credentialFiles, renderCredentials } from '../../src/render/identity.ts';
import { sampleIdentity } from '../support/identity-sample.ts';
import { propertyRuns } from '../support/property-runs.ts';

/** Whether QEMU makes a machine with these files in its SMBIOS tables; it runs nothing. */
async function takes(directory: string, machine: string, memoryMiB: number, contents: string[]): Promise<string> {
  const { binary } = await observeQemu();
  const files = contents.map((_, index) => join(directory, `c${index}`));
  await Promise.all(files.map((file, index) => writeFile(file, contents[index] ?? '')));
  const board = ['-S', '-nodefaults', '-no-user-config', '-display', 'none', '-machine', machine, '-accel', 'tcg'];
  const args = [...board, '-uuid', sampleIdentity().uuid, '-m', String(memoryMiB), '-qmp', 'stdio'];
  for (const file of files) args.push('-smbios', `type=11,path=${file}`);
  const input = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n';
  const { exitCode, stderr } = await exec(binary, args, { input, okExitCodes: [0, 1] });
  return exitCode === 0 ? '' : stderr;
}

test('whatever keys the rule takes, QEMU starts with them: up to the last that fits', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-credentials-'));
  try {
    const host = await makeHostKey(directory);
    const lengths = fc.array(fc.integer({ min: 60, max: 3000 }), { minLength: 120, maxLength: 120 });
    const property = fc.asyncProperty(
      lengths,
      fc.stringMatching(/^[a-z][a-z0-9]{0,39}$/),
      fc.constantFrom('pc', 'q35'),
      fc.constantFrom(64, 1500, 20_000),
      async (all, name, machine, memoryMiB) => {
        const spec = { name, identity: 'credentials' as const, memoryMiB };
        const every = all.map((length) => `ssh-rsa ${'A'.repeat(length)}`);
        const [problem] = identityProblems({ ...spec, sshKeys: every });
        const count = Number(/the first (\d+) fit/.exec(problem?.rule ?? 'the first 120 fit')?.[1]);
        const sshKeys = every.slice(0, count);
        assert.deepEqual(identityProblems({ ...spec, sshKeys }), []);
        const keys = { hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey };
        const identity = sampleIdentity({ hostname: name, ...keys, sshKeys: [host.publicKey, ...sshKeys] });
        const contents = credentialFiles(renderCredentials(identity)).map(({ content }) => content);
        assert.equal(await takes(directory, machine, memoryMiB, contents), '');
      },
    );
    await fc.assert(property, propertyRuns(10));
    // The rule is no narrower than it has to be: four kilobytes more, and QEMU says no.
    const long = sampleIdentity({ sshKeys: Array.from({ length: 70 }, () => `ssh-rsa ${'A'.repeat(732)}`) });
    const tooMuch = credentialFiles(renderCredentials(long)).map(({ content }) => content);
    assert.match(await takes(directory, 'pc', 64, tooMuch), /SMBIOS.* table length \d+ exceeds/);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
