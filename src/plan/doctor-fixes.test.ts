import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostFacts } from '../../test/support/host-facts-arbitrary.ts';
import { propertyRuns } from '../../test/support/property-runs.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { PROGRAMS_TO_LOOK_FOR } from './fix-programs.ts';
import { type HostFacts, judgeHost } from './judge-host.ts';

/** Of packages that every Debian has: essential ones, dpkg's and apt's, passwd, init-system-helpers; and Lodge. */
const EVERYWHERE =
  'apt-get chmod chown dmesg du echo grep lodge mkdir mv printf sed service sh sort tail usermod iptables ip6tables ufw'.split(
    ' ',
  );
/** What comes with a package that a fix installs. */
const COMES_WITH: Record<string, string[]> = {
  apparmor: ['apparmor_parser'],
  kmod: ['modprobe'],
  mount: ['mount'],
  nftables: ['nft'],
  procps: ['sysctl'],
};
/** They ask systemd, and without it nobody answers, whatever is installed. */
const OF_SYSTEMD = ['timedatectl', 'systemctl', 'journalctl', 'networkctl'];
const NEEDS_FLAG: Record<string, string> = { kvm_intel: 'vmx', kvm_amd: 'svm' };
/** Words with which advice begins that is no command. A fix with another one has to be looked at. */
const ADVICE = new RegExp(
  `^(${[
    'a host with more memory',
    'add the line',
    "as Debian's",
    'ask the provider',
    'boot (again|a kernel|the Debian kernel)',
    'firmware and kvm-device',
    'give (one of these|new ones)',
    'in a (container|rented)',
    'lower the memory',
    'make a smaller guest',
    'mount (one with|a larger)',
    'name its links',
    'on a dedicated server',
    'power the host',
    'read them as root',
    'reboot$',
    'remove (images|ipv6)',
    'restart ',
    'run lodge doctor as root',
    'see ',
    'set LODGE_ROOT to a directory',
    'stop a guest',
    'take the line',
    'the (guard comes|same in)',
    'turn on VT-x',
  ].join('|')})`,
);

/** Commands of a text, in their order: what stands between `&&`, `;`, `|`, `then` and line ends, and after a colon. */
function commandsOf(text: string): string[] {
  // What is quoted is written somewhere, and in brackets stands an aside.
  const bare = text.replace(/'[^']*'|"[^"]*"/g, '…').replace(/\([^)]*\)/g, '');
  return bare
    .split(/\n| && |; |\|| then |, then |, and |, or |: |, /)
    .map((part) => part.trim().replace(/^(then|and) /, ''))
    .filter((part) => part !== '');
}

/** Every program of the commands in a text, in their order, is on the host by then, and can work there. */
function assertWorks(text: string, { programs, systemd, virtualisation, ipv6 }: HostFacts): void {
  const there = new Set([...EVERYWHERE, ...programs]);
  if ('facts' in systemd && systemd.facts) for (const program of OF_SYSTEMD) there.add(program);
  if ('facts' in ipv6 && ipv6.facts.hasGrub) there.add('update-grub');
  const flags = 'facts' in virtualisation ? virtualisation.facts.flags : [];
  for (const command of commandsOf(text)) {
    if (ADVICE.test(command)) continue;
    const [program = '', ...words] = command.split(/\s+/);
    assert.ok(there.has(program), `"${program}" is not on this host, or no advice that is known: ${text}`);
    if (program === 'apt-get') for (const word of words.flatMap((name) => COMES_WITH[name] ?? [])) there.add(word);
    if (program !== 'modprobe') continue;
    const flag = NEEDS_FLAG[words.at(-1) ?? ''] ?? 'unknown';
    assert.ok(flags.includes(flag), `${command} needs the flag ${flag}`);
  }
}

/** Sentences of what is shown, without the command that several checks may share. */
function sentencesOf({ status, summary, detail, fix }: DoctorCheck): string[] {
  const shown =
    status === 'ok' ? [summary] : [summary, ...detail.split('\n'), ...(fix === null || isCommand(fix) ? [] : [fix])];
  return shown.flatMap((text) => text.split(/(?<=\.) /)).filter((text) => text !== '');
}

function isCommand(fix: string): boolean {
  return commandsOf(fix).every((command) => !ADVICE.test(command));
}

test('no fix of any check names a program that the host has not, or one that cannot work there', () => {
  const property = fc.property(hostFacts, (facts) => {
    for (const check of judgeHost(facts)) {
      if (check.fix !== null) assertWorks(check.fix, facts);
      const how = check.id === 'nesting' ? check.detail.split('stopped: ')[1] : undefined;
      if (how !== undefined) assertWorks(how, facts);
    }
  });
  fc.assert(property, propertyRuns(300));
});

test('no sentence stands twice in a report', () => {
  const property = fc.property(hostFacts, (facts) => {
    const sentences = judgeHost(facts).flatMap(sentencesOf);
    const twice = sentences.filter((sentence, index) => sentences.indexOf(sentence) !== index);
    assert.deepEqual(twice, []);
  });
  fc.assert(property, propertyRuns(300));
});

test('each check is there once, in one order, whatever is known', () => {
  const ids = new Set<string>();
  const property = fc.property(hostFacts, (facts) => {
    const checks = judgeHost(facts);
    const found = checks.map(({ id }) => id);
    assert.equal(new Set(found).size, found.length);
    ids.add(found.join(' '));
  });
  fc.assert(property, propertyRuns(300));
  assert.equal(ids.size, 1);
});

test('every program that a fix may need is looked for', () => {
  const names = Object.values(COMES_WITH).flat();
  assert.deepEqual(names.toSorted(), [...PROGRAMS_TO_LOOK_FOR].toSorted());
});
