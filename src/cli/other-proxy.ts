import { routes } from '../api/routes.ts';
import type { DaemonStatus, Operation } from '../api/types.ts';
import { describeProxies, proxySettings } from '../base/proxy.ts';
import { SERVICE_UNIT } from '../model/systemd-names.ts';
import type { CliContext } from './context.ts';
import { isDaemonUnit } from './daemon-unit.ts';

/** Steps that may fetch something: packages, or an image. */
const FETCHING: readonly string[] = ['set-up-host', 'make-image', 'prepare-image'];

/**
 * The daemon downloads, by the proxies of the environment that it was started in. Says in one line when this shell names others:
 * nothing goes another way than the one who typed it would think, without a word.
 */
export async function tellOtherProxy({ client, env, layout, output }: CliContext, operation: Operation): Promise<void> {
  if (!operation.steps.some(({ id }) => FETCHING.includes(id))) return;
  const ours = describeProxies(proxySettings(env));
  const theirs = await client.request<DaemonStatus>('GET', routes.daemon).then(
    ({ proxies }) => proxies ?? ours,
    // Whoever could not be asked tells of that by the operation itself.
    () => ours,
  );
  if (ours === theirs) return;
  const anew = isDaemonUnit(layout)
    ? `systemctl edit ${SERVICE_UNIT} sets it ([Service], Environment=https_proxy=…)`
    : 'lodge daemon stop, and the next command starts one with yours';
  output.say(`lodge: the daemon downloads through ${theirs}, this shell says ${ours}: ${anew}`);
}
