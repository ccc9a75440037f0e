import { GUEST_CAN, type GuestPhase } from '../model/guest.ts';
import type { GuestRefusal } from '../model/guest-share.ts';
import type { NetworkStatus } from '../model/network-plan.ts';

/** What `GET /v1/metrics` tells. */
export interface MetricsInput {
  guard: NetworkStatus['guard'];
  /** The uplink whose guard the plan in force wants; null where it wants none. */
  wantedUplink: string | null;
  guestPhases: GuestPhase[];
  refusals: GuestRefusal[];
  residentBytes: number;
}

interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: { labels?: Record<string, string>; value: number }[];
}

/** Of the text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** docs/reference/metrics.md has a row for each. A guard that is neither loaded nor wanted has no samples, so that none is missed. */
export function renderMetrics(input: MetricsInput): string {
  return metricsOf(input).map(renderMetric).join('');
}

function metricsOf({ guard, wantedUplink, guestPhases, refusals, residentBytes }: MetricsInput): Metric[] {
  const uplink = guard.uplink ?? wantedUplink;
  const ofUplink = (value: number) => (uplink === null ? [] : [{ labels: { uplink }, value }]);
  const ofGuard = (value: number) => (guard.isLoaded ? ofUplink(value) : []);
  const phases = Object.keys(GUEST_CAN) as GuestPhase[];
  return [
    {
      name: 'lodge_mac_guard_dropped_frames_total',
      type: 'counter',
      help: 'Frames with a foreign source MAC that the guard kept from leaving, since it was loaded.',
      samples: ofGuard(guard.droppedFrames),
    },
    {
      name: 'lodge_mac_guard_foreign_macs',
      type: 'gauge',
      help: 'Different foreign source MACs that the guard has noted, at most 256.',
      samples: ofGuard(guard.foreignMacs.length),
    },
    {
      name: 'lodge_mac_guard_loaded',
      type: 'gauge',
      help: '1 while a guard is on the uplink, 0 while the plan in force wants one and none is there.',
      samples: ofUplink(guard.isLoaded ? 1 : 0),
    },
    {
      name: 'lodge_guests',
      type: 'gauge',
      help: 'Guests by phase.',
      samples: phases.map((phase) => {
        return { labels: { phase }, value: guestPhases.filter((one) => one === phase).length };
      }),
    },
    {
      name: 'lodge_guest_refused_packets_total',
      type: 'counter',
      help: 'Packets of a guest, or to it, that were refused because it had its share.',
      samples: refusals.map(({ guest, share, packets }) => ({ labels: { guest, share }, value: packets })),
    },
    {
      name: 'lodge_daemon_resident_bytes',
      type: 'gauge',
      help: 'Memory of the daemon that is in RAM.',
      samples: [{ value: residentBytes }],
    },
  ];
}

function renderMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${renderLabels(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
}

/** `{uplink: 'eth0'} -> {uplink="eth0"}`, none -> '' */
function renderLabels(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** `\ -> \\`, `" -> \"`, a line feed `-> \n`: the three that the format names. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
