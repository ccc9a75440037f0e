import { explainError } from '../../base/errors.ts';
import type { Log } from '../log.ts';
import type { GuestNetwork } from './guest-network.ts';

/** How long guests can be without rules after another program has flushed them. */
const INTERVAL_MS = 10_000;

/** Looks after the rules of running guests; the returned function ends that. */
export function guardNetwork(network: GuestNetwork, log: Log): () => void {
  const timer = setInterval(() => {
    network.reguard().then(
      (hadTo) =>
        hadTo &&
        log.warn(
          {},
          'rules, addresses, forwarding or DNS of the guests were changed from outside, and are right again',
        ),
      (error: unknown) => log.error({}, `the rules of the guests cannot be looked after: ${explainError(error)}`),
    );
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
