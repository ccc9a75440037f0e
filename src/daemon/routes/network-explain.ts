import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { parseBoundedJson } from '../../base/bounded-json.ts';
import type { Services } from '../services.ts';
import { answers, body } from './describe.ts';
import { createRouter, parseBody } from './router.ts';

const path = '/v1/network/explain';

const explainSchema = z.strictObject({ facts: z.unknown().optional() }).openapi('ExplainNetwork');

const explain = createRoute({
  method: 'post',
  path,
  summary:
    'The network on one page, and what is surprising about it; with facts of any host nothing of this one is read',
  request: body(explainSchema),
  responses: answers('NetworkExplanation'),
});

/** No word of `{}` and of `{"facts": …}` is as short: anything longer is for the judge, and is not looked into here. */
const OWN_MAX_BYTES = 64;

export function networkExplainRoutes({ network }: Services): OpenAPIHono {
  const app = createRouter();
  // Before the route with its schema: what strangers say is neither read nor judged in this process.
  app.post(path, async (context) => {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const isJudged = bytes.length > OWN_MAX_BYTES;
    if (!isJudged) {
      const { facts } = parseBody(explainSchema, parseBoundedJson(bytes, 'the request'));
      if (facts === undefined) return context.json(await network.explain());
    }
    return context.body(await network.explainFacts(bytes), 200, { 'content-type': 'application/json' });
  });
  app.openapi(explain, (context) => context.json({}));
  return app;
}
