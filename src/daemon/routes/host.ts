import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { validationError } from '../../base/errors.ts';
import { planSetupStep } from '../../plan/image-steps.ts';
import { doctorSchema, setupSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { accepts, answers, body } from './describe.ts';
import { createRouter } from './router.ts';

const status = createRoute({
  method: 'get',
  path: '/v1/daemon',
  summary: 'This daemon',
  responses: answers('DaemonStatus'),
});
const stop = createRoute({
  method: 'post',
  path: '/v1/daemon/stop',
  summary: 'End the daemon; guests go on',
  responses: answers('{}'),
});
const doctor = createRoute({
  method: 'post',
  path: '/v1/doctor',
  summary: 'Check the host; refresh boots the KVM probe anew',
  request: body(doctorSchema),
  responses: answers('DoctorReport'),
});
const plan = createRoute({
  method: 'get',
  path: '/v1/setup',
  summary: 'What set-up would do',
  responses: answers('SetupPlan'),
});
const setup = createRoute({
  method: 'post',
  path: '/v1/setup',
  summary: 'Install what is missing on the host',
  request: body(setupSchema),
  responses: accepts,
});

export function hostRoutes(services: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(status, (context) => context.json(services.status()));
  app.openapi(stop, (context) => {
    services.stop();
    return context.json({});
  });
  app.openapi(doctor, async (context) => {
    const { refresh = false } = context.req.valid('json');
    return context.json(await services.runDoctor(refresh));
  });
  app.openapi(plan, async (context) => context.json(await services.planSetup()));
  app.openapi(setup, async (context) => {
    const { backports = false } = context.req.valid('json');
    const { actions, problems } = await services.planSetup();
    if (problems.length > 0) throw validationError('set-up', problems);
    const steps = [planSetupStep(backports ? [...actions, 'take QEMU from backports'] : actions)];
    return context.json(services.guests.operations.begin('setup', 'host', { backports }, steps), 202);
  });
  return app;
}
