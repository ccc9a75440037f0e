import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MacAddress } from '../base/address.ts';
import type { GuestSpec } from '../model/guest.ts';
import { planGuestSpec } from './guest-spec.ts';
import { planCreate, planKill, planRemove, planRestart, planStart, planStop } from './guest-steps.ts';
import { expectBuild, planSetupStep } from './image-steps.ts';

function spec(change: Partial<GuestSpec> = {}): GuestSpec {
  const { spec: planned } = planGuestSpec(
    { name: 'web1', ipv4: '10.0.0.2' },
    {
      uuid: 'u',
      mac: '52:54:00:00:00:01' as MacAddress,
      tap: 'lg1',
      addresses: { ipv4: '10.0.0.2' as never, ipv6: null },
      image: null,
      imageName: 'debian-12',
      identity: 'credentials',
      hostMemoryMiB: 4096,
      hostCpus: 2,
      keymaps: ['en-us'],
    },
  );
  return { ...planned, ...change };
}

const ids = (steps: { id: string }[]) => steps.map(({ id }) => id).join(' ');

test('a guest from a stored image, from a name to SSH', () => {
  const steps = planCreate(spec(), {
    imageWork: 'stored',
    isImageKnown: true,
    setupActions: [],
    wait: true,
    lacksIpv6: null,
  });
  assert.equal(
    ids(steps),
    'reserve-name make-directory make-identity make-disk choose-accelerator make-tap open-network start-qemu wait-ssh',
  );
  assert.ok(steps.every(({ title, why }) => title !== '' && why !== ''));
});

test('on a bare host set-up and the image come first', () => {
  const steps = planCreate(spec(), {
    imageWork: 'build',
    isImageKnown: true,
    setupActions: ['install qemu-utils'],
    wait: false,
    lacksIpv6: null,
  });
  assert.match(ids(steps), /^reserve-name set-up-host prepare-image make-directory /);
  assert.equal(steps[1]?.title, 'set the host up: install qemu-utils');
  assert.match(steps[2]?.title ?? '', /^build the image .*\(one to six minutes, /);
  const told = {
    imageWork: 'build',
    isImageKnown: false,
    setupActions: [],
    wait: false,
    lacksIpv6: null,
    lastBuildMs: 130_000,
  } as const;
  assert.match(planCreate(spec(), told)[1]?.title ?? '', /\(the last build on this host took 2 min 10 s\)$/);
  assert.equal(expectBuild(42_400), 'the last build on this host took 42.4 s');
  assert.equal(planSetupStep([]).title, 'set the host up');
});

test('a guest that is told nothing is not waited for, and one with a chosen accelerator needs no probe', () => {
  const steps = planCreate(spec({ identity: 'none', accel: 'tcg' }), {
    imageWork: 'none',
    isImageKnown: true,
    setupActions: [],
    wait: true,
    lacksIpv6: null,
  });
  assert.equal(ids(steps), 'reserve-name make-directory make-disk make-tap open-network start-qemu');
});

test('the rules are there before the first packet, and the tap is gone before its rules', () => {
  const start = ids(planStart(spec(), true));
  assert.ok(start.indexOf('open-network') < start.indexOf('start-qemu'));
  for (const steps of [planStop(spec(), 1000), planKill(spec()), planRemove(spec())]) {
    assert.ok(ids(steps).indexOf('remove-tap') < ids(steps).indexOf('close-network'));
  }
});

test('a restart is a shutdown and a start', () => {
  assert.equal(ids(planRestart(spec(), 5000, true)), `shut-down ${ids(planStart(spec(), true))}`);
});

test('a guest is forgotten last: until then the next daemon knows what to remove', () => {
  assert.equal(ids(planRemove(spec())), 'end-qemu remove-tap close-network remove-files forget');
});
