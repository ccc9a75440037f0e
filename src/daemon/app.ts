import type { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import type { Log } from '../engine/log.ts';
import { errorResponse } from './error-answer.ts';
import { execRoutes } from './routes/exec.ts';
import { guestRoutes } from './routes/guests.ts';
import { hostRoutes } from './routes/host.ts';
import { imageRoutes } from './routes/images.ts';
import { logRoutes } from './routes/logs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { networkApplyRoutes } from './routes/network-apply.ts';
import { networkExplainRoutes } from './routes/network-explain.ts';
import { networkFactsRoutes } from './routes/network-facts.ts';
import { networkPlanRoutes } from './routes/network-plan.ts';
import { operationRoutes } from './routes/operations.ts';
import { createRouter } from './routes/router.ts';
import type { Services } from './services.ts';

const openApiHead = { openapi: '3.1.0', info: { title: 'Lodge', version: '1' } };

/** The whole API over HTTP: every route, one form of error. */
export function createApp(services: Services, log: Log): OpenAPIHono {
  const app = createRouter();
  for (const routes of [
    guestRoutes,
    execRoutes,
    imageRoutes,
    operationRoutes,
    logRoutes,
    hostRoutes,
    metricsRoutes,
    networkFactsRoutes,
    networkExplainRoutes,
    networkPlanRoutes,
    networkApplyRoutes,
  ]) {
    app.route('/', routes(services));
  }
  app.doc31('/v1/openapi.json', openApiHead);
  app.notFound((context) => {
    const { method, path } = context.req;
    return errorResponse(
      new LodgeError('ROUTE_NOT_FOUND', `there is no ${method} ${path}`, { hint: 'lodge api GET /v1/openapi.json' }),
    );
  });
  app.onError((error, context) => {
    if (error instanceof HTTPException)
      // Without its cause: that quotes the body, which may hold a secret.
      return errorResponse(new LodgeError('USAGE', error.message));
    if (!isLodgeError(error)) log.error({ err: error, path: context.req.path }, 'a request failed by a bug');
    return errorResponse(error);
  });
  return app;
}
