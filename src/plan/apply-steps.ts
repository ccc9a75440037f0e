import { formatDuration } from '../base/clock.ts';
import type { NetworkPlan } from '../model/network-plan.ts';
import type { PlannedStep } from '../model/planned-step.ts';

export type ApplyStepId =
  | 'check'
  | 'arm-watchdog'
  | 'change-network'
  | 'probe'
  | 'await-confirmation'
  | 'write-files'
  | 'secure-boot';

/** The steps of an `apply`: the running system first, its files last. */
export function planApply(plan: NetworkPlan, confirmWithinMs: number): PlannedStep<ApplyStepId>[] {
  const files = plan.files.map(({ path }) => path).join(', ');
  return [
    {
      id: 'check',
      title: `check that plan ${plan.number} still fits the host`,
      why: 'a plan is a way from one state; from another one it leads elsewhere',
    },
    {
      id: 'arm-watchdog',
      title: `arm the watchdog: without a confirmation the old state is back in ${formatDuration(confirmWithinMs)}`,
      why: 'it has to work when this daemon, your terminal and the network are gone',
    },
    {
      id: 'change-network',
      title: `change the running network, ${plan.steps.length} steps`,
      why: 'files are not touched: a power cut now is a way back',
    },
    {
      id: 'probe',
      title: 'probe the gateway, the routes and the outside',
      why: 'what is broken already needs no waiting',
    },
    {
      id: 'await-confirmation',
      title: 'wait for lodge net confirm over a new connection',
      why: 'only a connection from outside that did not exist before shows that you can still get in',
    },
    {
      id: 'write-files',
      title: files === '' ? 'write no files: the plan changes none' : `write ${files}`,
      why: 'so that the next boot does what runs now',
    },
    {
      id: 'secure-boot',
      title: 'let the next boot do what no file of the system says',
      why: 'the MAC guard, unreachable routes and neighbour proxies are made anew at each boot',
    },
  ];
}
