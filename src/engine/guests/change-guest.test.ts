import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail } from '../../../test/support/fake-answers.ts';
import { ROOT } from '../../base/caller.ts';
import { type LodgeError, problemText } from '../../base/errors.ts';
import { unwrap } from '../../base/parsed.ts';
import type { ChangeGuest } from '../../model/guest-request.ts';
import { parsePublish } from '../../model/published-port.ts';
import { changeGuest } from './change-guest.ts';

const GIB = 1024 ** 3;

/** A stopped web1 of 10 GiB beside a web2 that has port 8080. What would change anything is not there. */
function change(request: ChangeGuest): Promise<void> {
  const record = (name: string, publish: string[]) => {
    const { spec } = guestDetail(name);
    const nic = { ...spec.nic, publish: publish.map((text) => unwrap(parsePublish(text))) };
    return { spec: { ...spec, nic }, generation: 1 };
  };
  const guests = { find: () => record('web1', []), list: () => [record('web1', []), record('web2', ['8080:80'])] };
  const deps = {
    store: { guests },
    machine: { memoryMiB: 4096, cpuCount: 2 },
    operations: { activeFor: () => null },
    supervisor: { monitorOf: () => null, pidOf: async () => null },
    network: { refuseTakenPorts: async () => {} },
  };
  return changeGuest(deps as unknown as Parameters<typeof changeGuest>[0], 'web1', request, ROOT);
}

async function refusalOf(request: ChangeGuest): Promise<LodgeError> {
  return change(request).then(
    () => assert.fail('it was not refused'),
    (error: LodgeError) => error,
  );
}

test('a disk that would shrink is refused together with everything else', async () => {
  const publish = [unwrap(parsePublish('8080:81'))];
  const { code, problems } = await refusalOf({ vcpus: 0, diskSizeBytes: GIB, publish });
  assert.equal(code, 'VALIDATION_FAILED');
  assert.deepEqual(problems?.map(problemText), [
    'vcpus: must be at least 1, got 0',
    `diskSizeBytes: must be at least 10GiB, the size it has, got ${GIB}`,
    'publish[0]: must not be published by another guest, got "8080:81"',
  ]);
});

test('a disk that would shrink, and nothing else, has a code of its own', async () => {
  const { code, message, problems } = await refusalOf({ diskSizeBytes: GIB });
  assert.deepEqual({ code, count: problems?.length }, { code: 'DISK_SHRINK_REFUSED', count: 1 });
  assert.match(message, /^the disk of web1 cannot shrink/);
});

test('set says of a number what create says of it, and asks nothing of numbers that stay', async () => {
  const of = async (request: ChangeGuest) => (await refusalOf(request)).problems?.map(problemText);
  assert.deepEqual(await of({ memoryMiB: 99 * 1024 }), [
    'memoryMiB: must fit the host, which has 4096 MiB, got 101376',
  ]);
  assert.deepEqual(await of({ vcpus: 9 }), ["vcpus: must be at most four times the host's 2 processors, got 9"]);
  assert.deepEqual(await of({ maxConnections: 0 }), [
    'maxConnections: must be a whole number from 16 to 4000000, got 0',
  ]);
  const { code, problems } = await refusalOf({ diskSizeBytes: 500 * 1024 * GIB });
  assert.equal(code, 'VALIDATION_FAILED', 'nothing shrinks');
  assert.match(problems?.map(problemText).join() ?? '', /^diskSizeBytes: must be between 1MiB and 64TiB, got \d+$/);
});

test('a dry run refuses what would be refused, and changes nothing', async () => {
  await change({ diskSizeBytes: 20 * GIB, vcpus: 2, dryRun: true });
  assert.equal((await refusalOf({ diskSizeBytes: GIB, dryRun: true })).code, 'DISK_SHRINK_REFUSED');
});

test('a balloon of a stopped guest is refused before the disk is grown', async () => {
  assert.equal((await refusalOf({ balloonMiB: 512, diskSizeBytes: 20 * GIB })).code, 'STATE_REFUSED');
});

test('ninety keys are refused by set, with the number that fits', async () => {
  const sshKeys = Array.from({ length: 90 }, () => `ssh-rsa ${rsaKey()}`);
  const { problems } = await refusalOf({ sshKeys });
  assert.deepEqual(
    problems?.map(({ path, value }) => [path, value]),
    [['sshKeys', '90 keys']],
  );
  await change({ sshKeys: sshKeys.slice(0, 40), dryRun: true });
});

/** A public key of RSA 4096 in OpenSSH's form: three strings, each with its length before it (RFC 4253, section 6.6). */
function rsaKey(): string {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const modulus = Buffer.concat([Buffer.from([0]), Buffer.alloc(512, 0xab)]);
  return Buffer.concat([field(Buffer.from('ssh-rsa')), field(Buffer.from([1, 0, 1])), field(modulus)]).toString(
    'base64',
  );
}
