import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { guestDetail } from '../../../test/support/fake-answers.ts';
import { eventually } from '../../../test/support/netns.ts';
import { FakeQmp } from '../../../test/support/qmp-fake.ts';
import { systemClock } from '../../base/clock.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { guestLayoutOf, layoutOf } from '../../model/layout.ts';
import { Supervisor } from './supervisor.ts';

test('a QEMU that stands still and goes on without end has it written down a few times, and asked later which holds', async () => {
  const root = await mkdtemp(join(tmpdir(), 'lodge-supervisor-'));
  const layout = layoutOf(root);
  const { spec } = guestDetail('web1');
  const record = { spec, phase: 'running', lastError: null } as GuestRecord;
  const path = guestLayoutOf(layout, 'web1', 'qcow2').qmpSocket;
  await mkdir(dirname(path), { recursive: true });
  const fake = await FakeQmp.listen(path);
  let written = 0;
  const update = (_name: string, changes: Partial<GuestRecord>) => {
    written += 1;
    Object.assign(record, changes);
  };
  const input = {
    store: { guests: { find: () => record, update } },
    layout,
    events: { publish: () => {} },
    clock: systemClock,
    log: { warn: () => {}, error: () => {} },
    uidsOf: () => [],
  };
  const supervisor = new Supervisor(input as unknown as ConstructorParameters<typeof Supervisor>[0], 1000);
  try {
    await supervisor.watch('web1');
    fake.reply(await fake.next('query-status'), { running: true, status: 'running' });
    for (let number = 0; number < 500; number += 1) {
      fake.event('STOP');
      fake.event('RESUME');
    }
    fake.event('STOP');
    const asked = await fake.next('query-status');
    assert.ok(written <= 20, `${written}`);
    fake.reply(asked, { running: false, status: 'paused' });
    await eventually('the last holds', () => record.phase === 'paused');
  } finally {
    await supervisor.close();
    await fake.close();
    await rm(root, { recursive: true, force: true });
  }
});
