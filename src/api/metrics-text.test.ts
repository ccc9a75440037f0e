import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type MetricsInput, renderMetrics } from './metrics-text.ts';

const NO_GUARD = { isLoaded: false, uplink: null, droppedFrames: 0, foreignMacs: [] };
const INPUT: MetricsInput = {
  guard: { isLoaded: true, uplink: 'eth0', droppedFrames: 12, foreignMacs: ['02:66:00:00:00:01'] },
  wantedUplink: 'eth0',
  guestPhases: ['running', 'running', 'stopped'],
  refusals: [{ guest: 'web1', share: 'connections', packets: 7 }],
  residentBytes: 73_400_320,
};

/** Samples without comments: `lodge_guests{phase="running"} 2` */
function samplesOf(input: MetricsInput): string[] {
  return renderMetrics(input)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('the whole page, as it is scraped', () => {
  assert.equal(
    renderMetrics(INPUT),
    `# HELP lodge_mac_guard_dropped_frames_total Frames with a foreign source MAC that the guard kept from leaving, since it was loaded.
# TYPE lodge_mac_guard_dropped_frames_total counter
lodge_mac_guard_dropped_frames_total{uplink="eth0"} 12
# HELP lodge_mac_guard_foreign_macs Different foreign source MACs that the guard has noted, at most 256.
# TYPE lodge_mac_guard_foreign_macs gauge
lodge_mac_guard_foreign_macs{uplink="eth0"} 1
# HELP lodge_mac_guard_loaded 1 while a guard is on the uplink, 0 while the plan in force wants one and none is there.
# TYPE lodge_mac_guard_loaded gauge
lodge_mac_guard_loaded{uplink="eth0"} 1
# HELP lodge_guests Guests by phase.
# TYPE lodge_guests gauge
lodge_guests{phase="creating"} 0
lodge_guests{phase="stopped"} 1
lodge_guests{phase="starting"} 0
lodge_guests{phase="running"} 2
lodge_guests{phase="paused"} 0
lodge_guests{phase="stopping"} 0
lodge_guests{phase="crashed"} 0
lodge_guests{phase="failed"} 0
lodge_guests{phase="removing"} 0
# HELP lodge_guest_refused_packets_total Packets of a guest, or to it, that were refused because it had its share.
# TYPE lodge_guest_refused_packets_total counter
lodge_guest_refused_packets_total{guest="web1",share="connections"} 7
# HELP lodge_daemon_resident_bytes Memory of the daemon that is in RAM.
# TYPE lodge_daemon_resident_bytes gauge
lodge_daemon_resident_bytes 73400320
`,
  );
});

test('a guard that is wanted and not there is 0, one that nobody wants is no sample', () => {
  const guardSamples = (wantedUplink: string | null) =>
    samplesOf({ ...INPUT, guard: NO_GUARD, wantedUplink }).filter((line) => line.includes('guard'));
  assert.deepEqual(guardSamples('eno1'), ['lodge_mac_guard_loaded{uplink="eno1"} 0']);
  assert.deepEqual(guardSamples(null), []);
});

test('a value that would break the line is escaped', () => {
  const guard = { ...INPUT.guard, uplink: 'a"b\\c\nd' };
  assert.ok(samplesOf({ ...INPUT, guard }).includes('lodge_mac_guard_loaded{uplink="a\\"b\\\\c\\nd"} 1'));
});

test('the reference has a row for every metric, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8');
  const [table = ''] = page.split('\n## ');
  const documented = [...table.matchAll(/^\| `(lodge_\w+)/gm)].map(([, name]) => name);
  const told = [...renderMetrics(INPUT).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(documented, told);
});
