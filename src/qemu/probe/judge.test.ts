import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRun } from './judge.ts';
import { parseMarks, stoppedIn } from './marks.ts';
import { chooseAccelerator } from './run.ts';

/** Ticks of a 2.6 GHz counter: `t` is the calibration of 20 ms. */
const line = (mark: string, ms: number) =>
  `${mark}=${Math.round(ms * 2_600_000)
    .toString(16)
    .padStart(16, '0')}`;
const calibration = line('t', 20.0003);
const rest = (ms: number) => ['b', 'd', 'e', 'f', 'i', 'm'].map((mark) => line(mark, ms));
const good = { exitCode: 33, tookMs: 150, timedOut: false, lines: ['L', calibration, line('a', 0.1), ...rest(1), 'K'] };

test("ticks become milliseconds by the probe's own calibration", () => {
  const { partMs, started, finished } = parseMarks(good.lines);
  assert.ok(started && finished);
  assert.ok(Math.abs((partMs.a ?? 0) - 0.1) < 0.001, String(partMs.a));
  assert.deepEqual(parseMarks(['L', line('a', 1)]).partMs, {}, 'without a calibration there are no times');
});

test('it says where a run stopped', () => {
  assert.equal(stoppedIn(parseMarks([])), 'before long mode');
  assert.equal(stoppedIn(parseMarks(['L', calibration])), 'in arithmetic');
  assert.equal(stoppedIn(parseMarks(['L', calibration, line('a', 1), line('b', 1)])), 'in port writes');
});

test('a good KVM is taken, with its numbers in the reason', () => {
  const measured = judgeRun('kvm', good);
  assert.equal(measured.verdict, 'works');
  assert.equal(measured.arithmeticMs, 0.1);
  assert.equal(measured.wholeRunMs, 150);
  assert.match(measured.reason, /150 ms; arithmetic 0\.1 ms/);
});

const slowArithmetic = { ...good, lines: good.lines.with(2, line('a', 25)) };
const emulationFailure = {
  exitCode: null,
  tookMs: 1000,
  timedOut: false,
  lines: ['L', calibration, line('a', 676), 'KVM internal error. Suberror: 1', 'emulation failure'],
};
const said = (words: string) => ({ exitCode: 1, tookMs: 20, timedOut: false, lines: [words] });
const verdicts: [string, Parameters<typeof judgeRun>[1], string, RegExp][] = [
  ['arithmetic over 20 ms', slowArithmetic, 'slow', /arithmetic may take 20 ms; arithmetic 25 ms/],
  ['the whole over 3 s', { ...good, tookMs: 3100 }, 'slow', /may take 3000 ms/],
  [
    'an emulation failure',
    emulationFailure,
    'broken',
    /in address space switches .*emulation failure\), after arithmetic 676 ms/,
  ],
  [
    'a run without an end',
    { ...good, exitCode: null, timedOut: true, lines: ['L', calibration] },
    'broken',
    /still in arithmetic/,
  ],
  [
    'a crawl',
    { ...good, exitCode: null, timedOut: true, lines: slowArithmetic.lines.slice(0, 3) },
    'slow',
    /arithmetic 25 ms/,
  ],
  ['an exception', { ...good, exitCode: 65, lines: ['L', 'X 000000000000000d 0 0'] }, 'broken', /exception/],
  [
    'the right status without the last mark',
    { ...good, lines: good.lines.slice(0, -1) },
    'broken',
    /QEMU itself ended/,
  ],
  ['the last mark without the right status', { ...good, exitCode: 0 }, 'broken', /QEMU itself ended/],
  ['no device', said('Could not access KVM kernel module: No such file or directory'), 'absent', /firmware/],
  ['no permission', said('Could not access KVM kernel module: Permission denied'), 'broken', /may not open/],
];

for (const [name, run, verdict, reason] of verdicts) {
  test(`KVM with ${name} is ${verdict}`, () => {
    const measured = judgeRun('kvm', run);
    assert.equal(measured.verdict, verdict);
    assert.match(measured.reason, reason);
  });
}

test("QEMU's own words are one short line, without its program's name and the path of its source", () => {
  const words = "qemu-system-x86_64: ../../target/i386/kvm/kvm.c:2990: kvm_buf_set_msrs: Assertion `ret == n' failed.";
  assert.equal(
    judgeRun('kvm', said(words)).reason,
    "QEMU itself ended before long mode: kvm_buf_set_msrs: Assertion `ret == n' failed.",
  );
  const long = judgeRun('kvm', said(`qemu-system-x86_64: error: ${'x'.repeat(5000)}`)).reason;
  assert.ok(long.length < 210 && long.endsWith('…'), long);
});

test('emulation may be slow: it is the last resort', () => {
  assert.equal(judgeRun('tcg', { ...slowArithmetic, tookMs: 15_000 }).verdict, 'works');
});

test('the first that works is chosen, and the reason names what was refused', () => {
  const [kvm, tcg] = [judgeRun('kvm', emulationFailure), judgeRun('tcg', good)];
  assert.equal(chooseAccelerator([judgeRun('kvm', good), tcg]).chosen, 'kvm');
  const choice = chooseAccelerator([kvm, tcg]);
  assert.equal(choice.chosen, 'tcg');
  assert.match(choice.reason, /^tcg works: .*; kvm is broken: /);
  assert.equal(chooseAccelerator([kvm]).chosen, null);
});
