import { explainError } from '../../base/errors.ts';
import type { Log } from '../log.ts';
import { shutDownQemu } from './end-qemu.ts';
import type { GuestDeps } from './guest-deps.ts';

/** The host waits for this; a guest that needs longer is ended. */
const LIMIT_MS = 60_000;

/**
 * The host goes down: every guest is asked to shut down, all at once. The store is left as it is, so that the next boot finds
 * what ran.
 */
export async function endWithHost(deps: GuestDeps & { log: Log }): Promise<void> {
  const running = deps.store.guests.list().filter(({ phase }) => phase === 'running' || phase === 'starting');
  const { signal } = new AbortController();
  const ends = running.map(async (record) => {
    const { name } = record.spec;
    const detail = (text: string) => deps.log.info({ guest: name }, `the host stops: ${text}`);
    try {
      await shutDownQemu(deps, record, { timeoutMs: LIMIT_MS, signal, detail });
    } catch (error) {
      deps.log.error({ guest: name }, `cannot be shut down with the host: ${explainError(error)}`);
    }
  });
  await Promise.all(ends);
}
