import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { renderGuestTable } from '../../api/guest-table.ts';
import type { Caller } from '../../base/caller.ts';
import { reportAgent } from '../../engine/guests/agent/report-agent.ts';
import { setPassword } from '../../engine/guests/agent/set-password.ts';
import { changeGuest } from '../../engine/guests/change-guest.ts';
import { controlGuest } from '../../engine/guests/control-guest.ts';
import { createGuest } from '../../engine/guests/create-guest.ts';
import { readGuest } from '../../engine/guests/guest-records.ts';
import { commandWords } from '../../engine/guests/render-command.ts';
import { viewGuest } from '../../engine/guests/view-guest.ts';
import type { ChangeGuest, CreateGuest, SetPassword } from '../../model/guest-request.ts';
import { changeGuestSchema, controlSchema, createGuestSchema, setPasswordSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { callerOf } from './caller.ts';
import { accepts, answers, body, nameParameter } from './describe.ts';
import { createRouter } from './router.ts';

const path = '/v1/guests';
const one = `${path}/{name}` as const;

const list = createRoute({
  method: 'get',
  path,
  summary: 'Every guest, briefly; with Accept: text/plain as a table',
  responses: answers('GuestRow[]'),
});

const create = createRoute({
  method: 'post',
  path,
  summary: 'Make a guest; with dryRun, say what would be made',
  request: body(createGuestSchema),
  responses: { ...answers('GuestPlan, when dryRun'), ...accepts },
});

const show = createRoute({
  method: 'get',
  path: one,
  summary: 'One guest, with everything',
  request: { ...nameParameter, query: z.object({ agent: z.enum(['0', '1']).optional() }) },
  responses: answers('GuestDetail; with agent=1 also what its agent says, which takes a second at most'),
});

const change = createRoute({
  method: 'patch',
  path: one,
  summary: 'Change what is wanted of a guest; with dryRun, only say what would be refused',
  request: { ...nameParameter, ...body(changeGuestSchema) },
  responses: answers('GuestDetail'),
});

const remove = createRoute({
  method: 'delete',
  path: one,
  summary: 'Remove a guest with its disk',
  request: nameParameter,
  responses: accepts,
});

const control = (action: 'start' | 'stop' | 'restart' | 'kill') =>
  createRoute({
    method: 'post',
    path: `${one}/${action}`,
    summary: `${action} a guest`,
    request: { ...nameParameter, ...body(controlSchema) },
    responses: accepts,
  });

const password = createRoute({
  method: 'post',
  path: `${one}/password`,
  summary: 'Set a password in a running guest by its agent; without one, make it. It is told once and kept nowhere',
  request: { ...nameParameter, ...body(setPasswordSchema) },
  responses: answers('GuestPassword'),
});

const command = createRoute({
  method: 'get',
  path: `${one}/command`,
  summary: 'The exact command line of its QEMU, the binary first: of the one that runs, else of the next start',
  request: nameParameter,
  responses: answers('{arguments: string[]}'),
});

/** Who may open nothing: 65534 is nobody's file (nfs, user namespaces). */
const NOBODY: Caller = { uid: 65_534, gid: 65_534, groups: [] };

function namesFile({ image, iso }: { image?: unknown; iso?: unknown }): boolean {
  return [image, iso].some((path) => typeof path === 'string' && path.startsWith('/'));
}

export function guestRoutes({ guests }: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(list, (context) => {
    const rows = guests.store.guests.rows();
    return context.req.header('accept') === 'text/plain' ? context.text(renderGuestTable(rows)) : context.json(rows);
  });
  app.openapi(create, async (context) => {
    const request = context.req.valid('json') as CreateGuest;
    // Most requests name no file: nobody is asked who he is for them.
    const caller = namesFile(request) ? await callerOf(context) : NOBODY;
    const made = await createGuest(guests, { ...request, name: request.name ?? '' }, caller);
    return context.json(made, 'spec' in made ? 200 : 202);
  });
  app.openapi(show, async (context) => {
    const name = context.req.param('name');
    if (context.req.valid('query').agent !== '1') return context.json(await viewGuest(guests, name));
    const [detail, agent] = await Promise.all([viewGuest(guests, name), reportAgent(guests, name)]);
    return context.json({ ...detail, agent });
  });
  app.openapi(password, async (context) =>
    context.json(await setPassword(guests, context.req.param('name'), context.req.valid('json') as SetPassword)),
  );
  app.openapi(change, async (context) => {
    const name = context.req.param('name');
    const wanted = context.req.valid('json') as ChangeGuest;
    await changeGuest(guests, name, wanted, namesFile(wanted) ? await callerOf(context) : NOBODY);
    return context.json(await viewGuest(guests, name));
  });
  app.openapi(remove, async (context) =>
    context.json(await controlGuest(guests, context.req.param('name'), 'rm'), 202),
  );
  for (const action of ['start', 'stop', 'restart', 'kill'] as const) {
    app.openapi(control(action), async (context) => {
      const options = context.req.valid('json');
      return context.json(await controlGuest(guests, context.req.param('name'), action, options), 202);
    });
  }
  app.openapi(command, async (context) => {
    const record = readGuest(guests.store, context.req.param('name'));
    return context.json({ arguments: await commandWords(guests, record) });
  });
  return app;
}
