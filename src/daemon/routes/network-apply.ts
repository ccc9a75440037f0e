import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { applyPlan } from '../../engine/network/apply.ts';
import { confirmNetwork } from '../../engine/network/confirm.ts';
import { rollbackNetwork } from '../../engine/network/rollback.ts';
import { networkStatus } from '../../engine/network/status.ts';
import type { ApplyPlan, ConfirmNetwork, RollbackNetwork } from '../../model/network-requests.ts';
import { applyPlanSchema, confirmNetworkSchema, rollbackNetworkSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { answers, body } from './describe.ts';
import { numberParameter } from './network-plan.ts';
import { createRouter } from './router.ts';

const path = '/v1/network';

const apply = createRoute({
  method: 'post',
  path: `${path}/plans/{number}/apply`,
  summary: 'Change the network of the host; it comes back by itself unless it is confirmed',
  request: { ...numberParameter, ...body(applyPlanSchema) },
  responses: answers('ApplyBegun'),
});

const confirm = createRoute({
  method: 'post',
  path: `${path}/confirm`,
  summary: 'Keep the change; answers when files and boot are done',
  request: body(confirmNetworkSchema),
  responses: answers('NetworkStatus'),
});

const rollback = createRoute({
  method: 'post',
  path: `${path}/rollback`,
  summary: 'Take the change back that is under way; with a plan, make the plan that goes back to it',
  request: body(rollbackNetworkSchema),
  responses: answers('NetworkPlan | NetworkStatus'),
});

const status = createRoute({
  method: 'get',
  path: `${path}/status`,
  summary: 'The plan in force, the change under way, every plan, and the MAC guard',
  responses: answers('NetworkStatus'),
});

export function networkApplyRoutes({ networkChanges }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(apply, async (context) => {
    const request = context.req.valid('json') as ApplyPlan;
    return context.json(await applyPlan(networkChanges, context.req.valid('param').number, request));
  });
  app.openapi(confirm, async (context) =>
    context.json(await confirmNetwork(networkChanges, context.req.valid('json') as ConfirmNetwork)),
  );
  app.openapi(rollback, async (context) =>
    context.json(await rollbackNetwork(networkChanges, context.req.valid('json') as RollbackNetwork)),
  );
  app.openapi(status, async (context) => context.json(await networkStatus(networkChanges)));
  return app;
}
