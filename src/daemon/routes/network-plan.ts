import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { refuseWhileOpen } from '../../engine/network/apply.ts';
import { makePlan } from '../../engine/network/make-plan.ts';
import { reportPlan } from '../../engine/network/plan-report.ts';
import { beginProof } from '../../engine/network/prove.ts';
import { NETWORK_LAYOUTS } from '../../model/network-plan.ts';
import type { Services } from '../services.ts';
import { accepts, answers, body } from './describe.ts';
import { createRouter } from './router.ts';

const path = '/v1/network/plans';
const one = `${path}/{number}` as const;

const planSchema = z.strictObject({ layout: z.enum(NETWORK_LAYOUTS) }).openapi('PlanNetwork');
export const numberParameter = { params: z.object({ number: z.coerce.number().int().min(1) }) };

const plan = createRoute({
  method: 'post',
  path,
  summary: 'Plan a layout of the network; nothing is changed',
  request: { body: { ...body(planSchema).body, required: true } },
  responses: answers('NetworkPlan'),
});

const show = createRoute({
  method: 'get',
  path: one,
  summary: 'A plan, what became of it, whether it still fits the host, and its proof',
  request: numberParameter,
  responses: answers('PlanReport'),
});

const prove = createRoute({
  method: 'post',
  path: `${one}/prove`,
  summary: 'Run the plan in a simulated provider; the proof is in PlanReport then',
  request: numberParameter,
  responses: accepts,
});

export function networkPlanRoutes({ networkChanges }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(plan, async (context) => {
    // What runs while a change waits is neither the old nor the new network.
    await refuseWhileOpen(networkChanges);
    return context.json(await makePlan(networkChanges, context.req.valid('json').layout));
  });
  app.openapi(show, async (context) =>
    context.json(await reportPlan(networkChanges, context.req.valid('param').number)),
  );
  app.openapi(prove, async (context) => {
    await refuseWhileOpen(networkChanges);
    return context.json(beginProof(networkChanges, context.req.valid('param').number), 202);
  });
  return app;
}
