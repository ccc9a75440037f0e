import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { propertyRuns } from '../../test/support/property-runs.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { judgeKvmDevice, judgeNesting, type VirtualisationFacts } from './doctor-kvm.ts';
import { judgeClock } from './doctor-system.ts';

/** Of packages that every Debian has. `service` is of init-system-helpers. */
const EVERYWHERE = ['apt-get', 'chown', 'chmod', 'usermod', 'service', 'echo', 'lodge'];
/** What comes with what a fix installs. timedatectl needs systemd as PID 1, whatever is installed. */
const COMES_WITH: Record<string, string[]> = { kmod: ['modprobe'] };
const NEEDS_FLAG: Record<string, string> = { kvm_intel: 'vmx', kvm_amd: 'svm' };

interface Host {
  systemd: boolean;
  hasModprobe: boolean;
  flags: string[];
}

/** Every program of the commands in a text, in their order, is on the host by then. */
function assertWorks(commands: string, host: Host): void {
  const there = new Set(EVERYWHERE);
  if (host.systemd) for (const program of ['timedatectl', 'systemctl']) there.add(program);
  if (host.hasModprobe) there.add('modprobe');
  for (const command of commands.split(' && ')) {
    const [program = '', ...words] = command.split(' ');
    if (program === 'see') continue;
    assert.ok(there.has(program), `${program} is not on this host: ${commands}`);
    if (program === 'apt-get') for (const word of words.flatMap((name) => COMES_WITH[name] ?? [])) there.add(word);
    if (program !== 'modprobe') continue;
    const flag = NEEDS_FLAG[words.at(-1) ?? ''] ?? 'unknown';
    assert.ok(host.flags.includes(flag), `${command} needs the flag ${flag}`);
  }
}

const host = fc.record({
  systemd: fc.boolean(),
  hasModprobe: fc.boolean(),
  flags: fc
    .subarray(['fpu', 'vmx', 'svm', 'hypervisor'])
    .filter((flags) => !(flags[1] === 'vmx' && flags[2] === 'svm')),
});

const facts = fc.record({
  vendor: fc.constantFrom('GenuineIntel', 'AuthenticAMD', 'HygonGenuine'),
  kvmDevice: fc.constantFrom(null, { mode: 0o600, gid: 0 }, { mode: 0o660, gid: 104 }),
  nested: fc.constantFrom(null, 'Y', 'N', '0'),
  qemuGroups: fc.subarray([104]),
});

test('no fix names a program that the host has not, or one that cannot work there', () => {
  const property = fc.property(host, facts, fc.constantFrom(true, false, null), (on, drawn, synchronised) => {
    const kvm: VirtualisationFacts = { ...drawn, ...on, firmwareMessages: [] };
    const checks: DoctorCheck[] = [judgeClock({ synchronised, systemd: on.systemd }), judgeKvmDevice(kvm)];
    for (const { fix } of checks) if (fix !== null) assertWorks(fix, on);
    const how = judgeNesting(kvm).detail.split('stopped: ')[1];
    if (how !== undefined) assertWorks(how, on);
  });
  fc.assert(property, propertyRuns(200));
});
