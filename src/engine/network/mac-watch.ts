import type { Clock } from '../../base/clock.ts';
import { explainError } from '../../base/errors.ts';
import { readForwardingDatabase } from '../../host/network-fdb.ts';
import { readLinks } from '../../host/network-links.ts';
import { type ForeignMac, listForeignMacs } from '../../model/foreign-mac.ts';
import type { Layout } from '../../model/layout.ts';
import type { GuardReading } from '../../model/network-facts.ts';
import { PROVIDERS } from '../../model/providers/providers.ts';
import { compareGuard, type GuardMemory, NOTHING_TOLD } from '../../plan/guard-alarm.ts';
import { wantedGuard } from '../../plan/wanted-guard.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import type { Log } from '../log.ts';
import { readHostConfig } from './host-file.ts';
import { nameMacOwners } from './name-mac-owners.ts';
import { readGuard } from './read-guard.ts';
import { isOpen, readTransaction } from './transaction.ts';

const INTERVAL_MS = 10_000;
/** What was told lasts: a daemon that starts again does not tell it again. */
const TOLD = 'network.guard-told';

interface WatchInput {
  store: Store;
  layout: Layout;
  clock: Clock;
  events: EventLog;
  log: Log;
}

/** What the watch asks of the host. */
export interface WatchedHost {
  /** Whether there can be a guard: no process is started where there cannot. */
  isGuardExpected(): Promise<boolean>;
  readGuard(): Promise<GuardReading | null>;
  nameOwners(macs: readonly string[]): Promise<ForeignMac[]>;
  /** What the provider does about a MAC that it does not know. */
  meaning(): Promise<string>;
}

/** Looks at the MAC guard every ten seconds and tells of frames that it kept in; the returned function ends that. */
export function watchMacs(
  input: WatchInput,
  host: WatchedHost = watchedHost(input),
  intervalMs = INTERVAL_MS,
): () => void {
  let isOver = false;
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await lookAtGuard(input, host, () => isOver);
    } catch (error) {
      if (!isOver) input.log.error({}, `the MAC guard cannot be watched: ${explainError(error)}`);
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), intervalMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

async function lookAtGuard({ store, clock, events, log }: WatchInput, host: WatchedHost, isOver: () => boolean) {
  if (!(await host.isGuardExpected())) return;
  const guard = await host.readGuard();
  if (guard === null || isOver()) return;
  const told = (store.settings.get(TOLD) as GuardMemory | null | undefined) ?? NOTHING_TOLD;
  const { memory, alarm } = compareGuard(told, guard, clock.nowMs());
  if (alarm === null) return;
  const [macs, meaning] = await Promise.all([host.nameOwners(alarm.macs), host.meaning()]);
  // The store may be closed by now; the next daemon tells it.
  if (isOver()) return;
  const { uplink } = guard;
  log.warn({ uplink, frames: alarm.frames }, `frames were kept from leaving ${uplink}, of ${listForeignMacs(macs)}`);
  events.publish({ type: 'network.foreign-mac', uplink, frames: alarm.frames, macs, meaning });
  store.settings.set(TOLD, memory);
}

function watchedHost({ store, layout }: WatchInput): WatchedHost {
  return {
    async isGuardExpected() {
      if (wantedGuard(store.networkPlans.current()) !== null) return true;
      const transaction = await readTransaction(layout);
      return transaction !== null && isOpen(transaction);
    },
    readGuard,
    async nameOwners(macs) {
      const [links, forwardingDatabase] = await Promise.all([readLinks(null), readForwardingDatabase(null)]);
      return nameMacOwners(store, { links, forwardingDatabase }, macs);
    },
    meaning: () => foreignMacMeaning(layout),
  };
}

async function foreignMacMeaning(layout: Layout): Promise<string> {
  const config = await readHostConfig(layout).catch(() => null);
  const kept = 'the provider has not seen them';
  if (config === null || config.provider === 'generic') {
    return `${kept}; a provider that sees a MAC it does not know may shut the port`;
  }
  const { title, foreignMac } = PROVIDERS[config.provider];
  return `${kept}; what ${title} would have done: ${foreignMac}`;
}
