import { type EventLoopUtilization, performance } from 'node:perf_hooks';

const LOOK_EVERY_MS = 10_000;
/** Of the time between two looks: whoever waits for an answer meanwhile would wait for the collection, too. */
const QUIET_SHARE = 0.2;
/** Less is not worth a collection, which takes up to a tenth of a second. */
const GROWN_SHARE = 1.05;

/** What the daemon is asked of itself; a test has its own. */
interface Process {
  /** Of the time since the last answer, the share in which it was busy. */
  busyShare: () => number;
  residentBytes: () => number;
  collect: () => void;
}

/**
 * Has garbage collected when nothing is being done and memory has grown since the last time. V8 collects when it needs room, and never
 * because nothing happens: after thousands of requests a daemon that is idle would keep what they left for as long as it is.
 *
 * An ordinary collection keeps the room that it has made free: after 3,000 hostile requests 131 MB, after the last resort's 101, of 100 before.
 *
 * @param gc what `node --expose-gc` gives; undefined where it was started without
 */
export function giveBackMemory(gc: NodeJS.GCFunction | undefined): void {
  if (gc === undefined) return;
  const collect = () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const look = memoryLooks({ busyShare: busyShares(), residentBytes: process.memoryUsage.rss, collect });
  setInterval(look, LOOK_EVERY_MS).unref();
}

/** @returns a look, to be taken from time to time */
export function memoryLooks({ busyShare, residentBytes, collect }: Process): () => void {
  let keptBytes = 0;
  return () => {
    const isQuiet = busyShare() < QUIET_SHARE;
    if (!isQuiet || residentBytes() < keptBytes * GROWN_SHARE) return;
    collect();
    keptBytes = residentBytes();
  };
}

function busyShares(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
