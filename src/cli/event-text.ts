import type { LodgeEvent } from '../api/types.ts';
import { assertNever } from '../base/assert-never.ts';
import { listForeignMacs } from '../model/foreign-mac.ts';
import type { GuestPhase } from '../model/guest.ts';
import type { GuestShare } from '../model/guest-share.ts';
import { type OperationState, operationTitle } from '../model/operation.ts';
import { formatInstant } from './instant.ts';

const SHARES: Record<GuestShare, string> = {
  connections: 'all the connections that it may have at once',
  openings: 'more new connections than it may have in a second',
  questions: 'more questions to DNS than it may have in a second',
  name_connections: 'all the TCP connections to DNS that it may have at once',
  name_bytes: 'more to ask DNS by TCP than it may in a second',
  requests: 'more requests for addresses than it may have in a second',
  neighbours: 'more neighbours of this host than it may reach for in a second',
  fragments: 'more fragments of packets than it may send in a second',
};

const PHASES: Record<GuestPhase, string> = {
  creating: 'is being made',
  starting: 'is starting',
  running: 'is running',
  paused: 'is paused',
  stopping: 'is being shut down',
  stopped: 'is stopped',
  crashed: 'has crashed',
  failed: 'could not be made',
  removing: 'is being removed',
};

const STATES: Record<OperationState, string> = {
  queued: 'is queued',
  running: 'is running',
  undoing: 'is being taken back',
  done: 'is done',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** `2026-11-23 15:04:05 UTC  guest web1 is running` */
export function renderEvent(event: LodgeEvent): string {
  return `${formatInstant(event.atMs)}  ${whatHappened(event)}`;
}

function whatHappened(event: LodgeEvent): string {
  switch (event.type) {
    case 'guest.phase':
      return `guest ${event.guest} ${PHASES[event.phase]}${event.reason === null ? '' : `: ${event.reason}`}`;
    case 'guest.watchdog':
      return `the watchdog of guest ${event.guest} fired: ${event.action}`;
    case 'guest.removed':
      return `guest ${event.guest} was removed`;
    case 'guest.limit': {
      const packets = event.packets === 1 ? 'a packet was' : `${event.packets} packets were`;
      return `guest ${event.guest} has ${SHARES[event.share]}; ${packets} refused`;
    }
    case 'image.added':
      return `image ${event.image} was added`;
    case 'image.removed':
      return `image ${event.image} was removed`;
    case 'network.foreign-mac': {
      const frames = event.frames === 1 ? 'a frame' : `${event.frames} frames`;
      return `the MAC guard kept ${frames} from leaving ${event.uplink}, of ${listForeignMacs(event.macs)}: ${event.meaning}`;
    }
    case 'operation':
      return `operation ${event.operation.id}, ${operationTitle(event.operation)}, ${STATES[event.operation.state]}`;
    case 'daemon':
      return event.state === 'started' ? 'the daemon has started' : 'the daemon is stopping';
    case 'events.missed':
      return `${event.count} events dropped: they came faster than they were read`;
    default:
      return assertNever(event);
  }
}
