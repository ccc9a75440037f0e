import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { importHostSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { answers, body } from './describe.ts';
import { createRouter } from './router.ts';

const facts = createRoute({
  method: 'get',
  path: '/v1/network/facts',
  summary: "What the host's network is: what runs, and its configuration files without secrets",
  responses: answers('NetworkFacts'),
});
const importHost = createRoute({
  method: 'post',
  path: '/v1/network/import',
  summary: 'Tell what the provider gave this host; write puts it into host.yaml',
  request: body(importHostSchema),
  responses: answers('HostImport'),
});

export function networkFactsRoutes({ network }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(facts, async (context) => context.json(await network.facts()));
  app.openapi(importHost, async (context) => context.json(await network.importHost(context.req.valid('json'))));
  return app;
}
