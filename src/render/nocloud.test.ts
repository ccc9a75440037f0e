import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { sampleIdentity } from '../../test/support/identity-sample.ts';
import { renderNoCloudSeed } from './nocloud.ts';

const golden = (name: string) => join(import.meta.dirname, '../../test/golden/images', name);
const asText = { serializers: [(value: string) => value] };

test('a seed with no user-data of the owner', (t) => {
  const seed = renderNoCloudSeed(sampleIdentity(), null);
  const page = Object.entries(seed).map(([name, content]) => `--- ${name}\n${content}`);
  t.assert.fileSnapshot(page.join('\n'), golden('nocloud.txt'), asText);
});

test("the owner's user-data is passed on as it is, the host's part is beside it and the keys in meta-data", () => {
  const script = Buffer.from('#!/bin/sh\necho hello\n');
  const seed = renderNoCloudSeed(sampleIdentity(), script);
  assert.equal(seed['vendor-data'], renderNoCloudSeed(sampleIdentity(), null)['vendor-data']);
  assert.equal(seed['user-data'], script);
  assert.deepEqual(parse(seed['meta-data'])['public-keys'], {
    'lodge-0': 'ssh-ed25519 AAAAC3Nza owner@example',
    'lodge-1': 'ssh-ed25519 AAAAC3Nzb lodge',
  });
});

test('the host key comes through YAML unchanged', () => {
  const identity = sampleIdentity();
  const seed = renderNoCloudSeed(identity, null);
  assert.ok(seed['vendor-data'].startsWith('#cloud-config\n'));
  assert.equal(parse(seed['vendor-data']).ssh_keys.ed25519_private, identity.hostKeyPrivate);
});
