import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { METRICS_TYPE, renderMetrics } from '../../api/metrics-text.ts';
import { readGuardStatus } from '../../engine/network/read-guard.ts';
import { wantedGuard } from '../../plan/wanted-guard.ts';
import type { Services } from '../services.ts';
import { answers } from './describe.ts';
import { createRouter } from './router.ts';

const metrics = createRoute({
  method: 'get',
  path: '/v1/metrics',
  summary: 'Counters in the text format of Prometheus',
  responses: answers('text/plain'),
});

export function metricsRoutes({ guests: { store, network }, status }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(metrics, async (context) => {
    const guard = await readGuardStatus();
    const text = renderMetrics({
      guard,
      wantedUplink: wantedGuard(store.networkPlans.current())?.uplink ?? null,
      guestPhases: store.guests.rows().map(({ phase }) => phase),
      // A host whose rules cannot be read has other worries; the rest is told all the same.
      refusals: await network.refusals().catch(() => []),
      residentBytes: status().memoryBytes,
    });
    return context.body(text, 200, { 'content-type': METRICS_TYPE });
  });
  return app;
}
