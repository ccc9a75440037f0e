import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { validationError } from '../../base/errors.ts';
import { readFactsJson } from '../../parse/facts-json.ts';
import type { Services } from '../services.ts';
import { answers, body } from './describe.ts';
import { createRouter } from './router.ts';

const explainSchema = z.strictObject({ facts: z.unknown().optional() }).openapi('ExplainNetwork');

const explain = createRoute({
  method: 'post',
  path: '/v1/network/explain',
  summary:
    'The network on one page, and what is surprising about it; with facts of any host nothing of this one is read',
  request: body(explainSchema),
  responses: answers('NetworkExplanation'),
});

export function networkExplainRoutes({ network }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(explain, async (context) => {
    const { facts } = context.req.valid('json');
    if (facts === undefined) return context.json(await network.explain());
    const reading = readFactsJson(facts);
    if (!reading.ok) throw validationError('the file of facts', reading.problems);
    return context.json(network.explainFacts(reading.facts));
  });
  return app;
}
