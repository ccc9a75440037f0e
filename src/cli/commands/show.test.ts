import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail, guestRow } from '../../../test/support/fake-answers.ts';
import { renderGuestTable } from '../../api/guest-table.ts';
import { unwrap } from '../../base/parsed.ts';
import { pendingChanges } from '../../model/pending-change.ts';
import { parsePublish } from '../../model/published-port.ts';
import { renderCreated } from './create.ts';
import { renderGuest } from './show.ts';

const { spec } = guestDetail('web1');
const nic = { ...spec.nic, publish: [unwrap(parsePublish('8080:80'))] };
const running = { ...spec, nic, boot: { order: 'cd', once: 'd' } };
const wanted = { ...running, memoryMiB: 2048, vcpus: 2, boot: { order: 'cd', once: null }, sshKeys: ['ssh-rsa AAAA'] };
const pending = pendingChanges(running, wanted);

test('show says what runs, and beside it what the next start brings', () => {
  const text = renderGuest(guestDetail('web1', { spec: wanted, running, pending, pendingRestart: true }));
  assert.match(text, /^ *pending +memory 2GiB, vcpus 2, SSH keys: lodge restart web1$/m);
  assert.match(text, /^ *memory +1GiB; 2GiB at the next start$/m);
  assert.match(text, /^ *vcpus +1, CPU auto; 2 at the next start$/m);
  assert.match(text, /^ *boot +order cd, bios, pc$/m);
  assert.match(text, /^ *published +8080:80$/m);
});

test('values stand in one column, whatever their names are and however many lines they have', () => {
  const failed = guestDetail('web1', { lastError: 'QEMU ended:\n[ 0.1] Kernel panic\n[ 0.2] end' });
  const [, ...rows] = renderGuest(failed, false).split('\n\n')[0]?.split('\n') ?? [];
  assert.ok(rows.length > 6);
  for (const row of rows.filter((one) => one !== '')) assert.match(row, /^ {2}.{15} \S|^ {18}\S/, row);
  assert.match(rows.join('\n'), /^ {2}error {11}QEMU ended:\n {18}\[ 0\.1\] Kernel panic\n {18}\[ 0\.2\] end$/m);
});

test('of a guest that does not run it says what is wanted', () => {
  const text = renderGuest(guestDetail('web1', { spec: { ...wanted, boot: { order: 'cd', once: 'd' } } }));
  assert.match(text, /^ *memory +2GiB$/m);
  assert.match(text, /^ *boot +order cd, once d, bios, pc$/m);
  assert.doesNotMatch(text, /pending|next start/);
});

test('ls has what runs in its columns and what waits in a last one, which is only there when something does', () => {
  const rows = [guestRow('db1'), guestRow('web1', { memoryMiB: 2048, vcpus: 2, pending })];
  const [head = '', db1 = '', web1 = ''] = renderGuestTable(rows).split('\n');
  assert.match(head, /VCPUS +IMAGE +AT NEXT START$/);
  assert.match(db1, /1GiB +1 +debian-12 +-$/);
  assert.match(web1, /1GiB +1 +debian-12 +memory 2GiB, vcpus 2, SSH keys$/);
  assert.match(renderGuestTable([guestRow('db1')]).split('\n')[0] ?? '', /IMAGE$/);
});

test('a guest that has no key of Lodge is logged in to at its screen', () => {
  const fromCd = guestDetail('box', {
    spec: { ...spec, name: 'box', image: null, iso: '/srv/a.iso', identity: 'none' },
  });
  assert.match(renderGuest(fromCd), /^ *log in +lodge vnc box or lodge console box: it has no key of Lodge's$/m);
  assert.match(renderGuest(guestDetail('web1')), /^ *log in +lodge ssh web1$/m);
});

test('a member of the group, who may not read the key of Lodge, is told a way that is his', () => {
  const withKey = guestDetail('web1', { spec: { ...spec, sshKeys: ['ssh-rsa AAAA'] } });
  const noWay = { ...spec, image: 'cloud', identity: 'none' } as const;
  const none =
    'lodge exec web1 -- COMMAND; no key of yours is in it, to let one in at its next start: lodge set web1 --ssh-key FILE';
  const ways: [Parameters<typeof renderCreated>, string][] = [
    [[guestDetail('web1'), true], 'log in: lodge ssh web1'],
    [[guestDetail('web1'), false], `a command in it: ${none}`],
    [[withKey, false], 'log in: lodge ssh web1, with a key that was let in'],
    [
      [guestDetail('web1', { spec: noWay }), true],
      "log in: lodge vnc web1 or lodge console web1: it has no key of Lodge's",
    ],
    [[guestDetail('web1', { spec: { ...spec, image: null } }), true], 'its screen: lodge vnc web1'],
  ];
  for (const [told, line] of ways) assert.equal(renderCreated(...told).split('\n')[1], line);
  assert.match(renderGuest(guestDetail('web1'), false), /^ *a command in it +lodge exec web1 -- COMMAND; no key/m);
});
