import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { type GuestLayout, guestLayoutOf, type Layout } from '../../model/layout.ts';
import type { OperationRecord } from '../../model/operation-record.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import type { HostMachine } from '../host-machine.ts';
import type { ImageWorks } from '../images/image-works.ts';
import type { PacketTrials } from '../packets/packet-trials.ts';
import type { AgentSessions } from './agent/agent-sessions.ts';
import type { GuestNetwork } from './guest-network.ts';
import { readGuest } from './guest-records.ts';
import type { Supervisor } from './supervisor.ts';

/** What the steps of a guest reach: wired once in daemon/main.ts. */
export interface GuestDeps {
  store: Store;
  layout: Layout;
  clock: Clock;
  random: Random;
  events: EventLog;
  machine: HostMachine;
  network: GuestNetwork;
  packets: PacketTrials;
  images: ImageWorks;
  supervisor: Supervisor;
  agents: AgentSessions;
  /** How long a guest may take until its SSH server answers; null: by its accelerator. */
  sshLimitMs: number | null;
}

/** The guest an operation works on. */
export function guestOf(deps: Pick<GuestDeps, 'store'>, operation: OperationRecord): GuestRecord {
  return readGuest(deps.store, operation.subject);
}

export function layoutOfGuest(layout: Layout, { spec }: GuestRecord): GuestLayout {
  return guestLayoutOf(layout, spec.name, spec.disk.format);
}
