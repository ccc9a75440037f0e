import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FakeExecGuest } from '../../../../test/support/fake-exec-guest.ts';
import { ACCOUNT_SCRIPT, NO_ACCOUNT } from '../../../render/account-script.ts';
import { reportAgent } from './report-agent.ts';
import { setPassword } from './set-password.ts';

function says(guest: FakeExecGuest, command: string, value: unknown): void {
  guest.onAgent(command, (_asked, socket) => void socket.write(`${JSON.stringify(value)}\n`));
}

const NIC = { 'hardware-address': '52:54:00:12:34:56' };

test('the report says where the guest is not what it should be', async () => {
  await using guest = await FakeExecGuest.open();
  says(guest, 'guest-get-host-name', { return: { 'host-name': 'web1.example.org' } });
  says(guest, 'guest-get-osinfo', { return: { 'pretty-name': 'Debian' } });
  const addresses = [{ 'ip-address': '10.83.0.2' }, { 'ip-address': 'fe80::1' }];
  const lo = { name: 'lo', 'hardware-address': '00:00:00:00:00:00', 'ip-addresses': [{ 'ip-address': '127.0.0.1' }] };
  says(guest, 'guest-network-get-interfaces', { return: [lo, { ...NIC, 'ip-addresses': addresses }] });
  assert.deepEqual(await reportAgent(guest.deps, 'web1'), {
    hostName: 'web1.example.org',
    os: 'Debian',
    addresses: ['10.83.0.2'],
    differences: ['the guest does not have the address fd12:3456:789a::2'],
  });
  const full = [{ 'ip-address': '10.83.0.2' }, { 'ip-address': 'fd12:3456:789a:0:0:0:0:2' }];
  says(guest, 'guest-network-get-interfaces', { return: [{ ...NIC, 'ip-addresses': full }] });
  says(guest, 'guest-get-host-name', { return: { 'host-name': 'debian' } });
  assert.deepEqual((await reportAgent(guest.deps, 'web1'))?.differences, ['the guest calls itself debian']);
});

test('whatever a hostile agent says, the report is a few plain words', async () => {
  await using guest = await FakeExecGuest.open();
  says(guest, 'guest-get-host-name', { return: { 'host-name': `\x1b]0;evil\x07${'x'.repeat(10_000)}\nroot` } });
  says(guest, 'guest-get-osinfo', { return: { 'pretty-name': { toString: 'x' }, name: 7 } });
  const many = Array.from({ length: 5000 }, (_, index) => ({ 'ip-address': `fd00::${index}` }));
  const wrong = [null, 5, { 'ip-address': '\x1b[2J' }, { 'ip-address': null }, ...many];
  says(guest, 'guest-network-get-interfaces', { return: [null, 'x', { ...NIC, 'ip-addresses': wrong }] });
  const report = await reportAgent(guest.deps, 'web1');
  assert.match(report?.hostName ?? '', /^[ -~]{1,120}$/);
  assert.equal(report?.os, null);
  assert.equal(report?.addresses?.length, 32);
  assert.ok(report?.addresses?.every((one) => /^[0-9a-f:.]+$/.test(one)));
});

test('an agent that refuses some is asked the rest; one that never answers, or a guest that is off, gives no report', async () => {
  await using guest = await FakeExecGuest.open();
  says(guest, 'guest-get-host-name', { error: { class: 'CommandNotFound', desc: 'has been disabled' } });
  says(guest, 'guest-get-osinfo', { return: { 'pretty-name': 'Debian' } });
  says(guest, 'guest-network-get-interfaces', { error: { class: 'CommandNotFound', desc: 'has been disabled' } });
  const report = { hostName: null, os: 'Debian', addresses: null, differences: [] };
  assert.deepEqual(await reportAgent(guest.deps, 'web1'), report);
  guest.onAgent('guest-sync-delimited', () => {});
  assert.equal(await reportAgent(guest.deps, 'web1'), null);
  guest.phase = 'stopped';
  assert.equal(await reportAgent(guest.deps, 'web1'), null);
});

test('a password is made, told once and sent to the agent; a given one is not told back', async () => {
  await using guest = await FakeExecGuest.open();
  const made = await setPassword(guest.deps, 'web1', {});
  assert.match(made.password ?? '', /^[a-zA-Z2-9]{20}$/);
  assert.notEqual((await setPassword(guest.deps, 'web1', {})).password, made.password);
  const { arguments: sent } = guest.asked.find(({ execute }) => execute === 'guest-set-user-password') ?? {};
  const expected = { username: 'root', password: Buffer.from(made.password ?? '').toString('base64'), crypted: false };
  assert.deepEqual(sent, expected);
  assert.deepEqual(await setPassword(guest.deps, 'web1', { user: 'bob', password: 'grün und blau' }), {
    user: 'bob',
    password: null,
  });
});

test('an account that the guest does not have is named; what the guest cannot be asked keeps the old words', async () => {
  await using guest = await FakeExecGuest.open();
  says(guest, 'guest-set-user-password', { error: { class: 'GenericError', desc: 'child process has failed' } });
  const setOf = (user: string) => setPassword(guest.deps, 'web1', { user, password: 'secret' });
  says(guest, 'guest-exec-status', { return: { exited: true, exitcode: NO_ACCOUNT } });
  await assert.rejects(setOf('nobody2'), {
    code: 'VALIDATION_FAILED',
    message: 'web1 has no such account: user: must be an account of web1, got "nobody2"',
    problems: [{ path: 'user', rule: 'must be an account of web1', value: 'nobody2' }],
  });
  says(guest, 'guest-exec-status', { return: { exited: true, exitcode: 0 } });
  await assert.rejects(setOf('bob'), { code: 'AGENT_REFUSED', message: /^the password of bob in web1 was not set/ });
  says(guest, 'guest-exec', { error: { class: 'CommandNotFound', desc: 'has been disabled' } });
  await assert.rejects(setOf('nobody2'), { code: 'AGENT_REFUSED' });
});

test('the script finds an account where this system has it, and says so of one that it does not have', () => {
  const ended = (user: string, shell: string) => spawnSync(shell, ['-c', ACCOUNT_SCRIPT, 'lodge', user]).status;
  for (const shell of ['sh', 'bash']) {
    assert.deepEqual(
      [ended('root', shell), ended('nobody2', shell), ended('x; exit 0', shell)],
      [0, NO_ACCOUNT, NO_ACCOUNT],
    );
  }
});

test('no error about a password has it', async () => {
  await using guest = await FakeExecGuest.open();
  const secret = 'a secret\nroot:x';
  const told = (error: Error) => !JSON.stringify([error, error.message, String(error.cause)]).includes('secret');
  await assert.rejects(setPassword(guest.deps, 'web1', { password: secret }), told);
  says(guest, 'guest-set-user-password', { error: { class: 'GenericError', desc: 'child process has failed' } });
  says(guest, 'guest-exec-status', { return: { exited: true, exitcode: 0 } });
  await assert.rejects(setPassword(guest.deps, 'web1', { user: 'nobody-here', password: 'secret' }), (error: Error) => {
    return told(error) && (error as { code?: string }).code === 'AGENT_REFUSED';
  });
  says(guest, 'guest-set-user-password', { error: { class: 'CommandNotFound', desc: 'Command has been disabled' } });
  await assert.rejects(setPassword(guest.deps, 'web1', { password: 'secret' }), { code: 'AGENT_UNAVAILABLE' });
});
