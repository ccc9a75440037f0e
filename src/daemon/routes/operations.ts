import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { LodgeEvent } from '../../model/event.ts';
import { isOperationOver } from '../../model/operation.ts';
import type { Services } from '../services.ts';
import { streamLines } from '../stream-lines.ts';
import { answers, idParameter } from './describe.ts';
import { createRouter } from './router.ts';

const path = '/v1/operations';
const one = `${path}/{id}` as const;

const list = createRoute({
  method: 'get',
  path,
  summary: 'The last 200, newest first',
  responses: answers('Operation[]'),
});

const show = createRoute({
  method: 'get',
  path: one,
  summary: 'One operation',
  request: idParameter,
  responses: answers('Operation'),
});

const watch = createRoute({
  method: 'get',
  path: `${one}/watch`,
  summary: 'An operation at each change, until it is over',
  request: idParameter,
  responses: answers('NDJSON of Operation'),
});

const cancel = createRoute({
  method: 'post',
  path: `${one}/cancel`,
  summary: 'Cancel, and take back what was done',
  request: idParameter,
  responses: answers('Operation'),
});

const listen = createRoute({
  method: 'get',
  path: '/v1/events',
  summary: 'What happens, without end; ?since=SEQ begins with what was kept after that number',
  request: { query: z.object({ since: z.coerce.number().int().min(0).optional() }) },
  responses: answers('NDJSON of LodgeEvent'),
});

export function operationRoutes({ guests }: Services): OpenAPIHono {
  const { operations, events } = guests;
  const app = createRouter();
  app.openapi(list, (context) => context.json(operations.list()));
  app.openapi(show, (context) => context.json(operations.find(context.req.param('id'))));
  app.openapi(watch, (context) => {
    const { id } = operations.find(context.req.param('id'));
    return streamLines(context, (sink) =>
      operations.watch(id, (operation) => {
        sink.write(operation);
        if (isOperationOver(operation.state)) sink.end();
      }),
    );
  });
  app.openapi(cancel, async (context) => context.json(await operations.cancel(context.req.param('id'))));
  app.openapi(listen, (context) => {
    const { since = null } = context.req.valid('query');
    return streamLines<LodgeEvent>(context, (sink) => events.listen(since, sink.write), { missed });
  });
  return app;
}

/** It has the number of the last one that was dropped: `?since=` of what came before it brings those that are still kept. */
function missed(count: number, { seq, atMs }: LodgeEvent): LodgeEvent {
  return { seq: seq - 1, atMs, type: 'events.missed', count };
}
