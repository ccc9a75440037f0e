import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { ImportImage } from '../../model/image.ts';
import { buildImageSchema, importImageSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { callerOf } from './caller.ts';
import { accepts, answers, body, nameParameter } from './describe.ts';
import { createRouter } from './router.ts';

const path = '/v1/images';
const one = `${path}/{name}` as const;

const list = createRoute({
  method: 'get',
  path,
  summary: 'Images, and those that can be built',
  responses: answers('ImageListing'),
});

const show = createRoute({
  method: 'get',
  path: one,
  summary: 'One image, and the guests on it',
  request: nameParameter,
  responses: answers('ImageRow'),
});

const remove = createRoute({
  method: 'delete',
  path: one,
  summary: 'Remove an image that no guest uses',
  request: nameParameter,
  responses: answers('{}'),
});

const build = createRoute({
  method: 'post',
  path: `${path}/build`,
  summary: "Build an image from the host's own apt sources",
  request: body(buildImageSchema),
  responses: accepts,
});

const importRoute = createRoute({
  method: 'post',
  path: `${path}/import`,
  summary: 'Import a qcow2, raw or vmdk file',
  request: body(importImageSchema),
  responses: accepts,
});

export function imageRoutes({ guests }: Services): OpenAPIHono {
  const { images } = guests;
  const app = createRouter();
  app.openapi(list, (context) => context.json(images.list()));
  app.openapi(show, (context) => context.json(images.row(images.require(context.req.param('name')))));
  app.openapi(remove, async (context) => {
    await images.remove(context.req.param('name'));
    return context.json({});
  });
  app.openapi(build, async (context) => {
    const { name, rebuild } = context.req.valid('json');
    const { operation } = await images.make(name, { way: 'build' }, rebuild);
    return context.json(operation, 202);
  });
  app.openapi(importRoute, async (context) => {
    const { operation } = await images.import(context.req.valid('json') as ImportImage, await callerOf(context));
    return context.json(operation, 202);
  });
  return app;
}
