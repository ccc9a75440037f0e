import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { LodgeError } from '../../base/errors.ts';
import { execGuestSchema } from '../schemas.ts';
import type { Services } from '../services.ts';
import { body, nameParameter } from './describe.ts';
import { createRouter } from './router.ts';

const exec = createRoute({
  method: 'post',
  path: '/v1/guests/{name}/exec',
  summary: "Run a command in a guest by its agent; needs 'Connection: Upgrade' and 'Upgrade: lodge-stream'",
  request: { ...nameParameter, ...body(execGuestSchema) },
  responses: {
    101: {
      description:
        'The command runs. Then frames, both ways: one byte kind, four bytes length (big-endian, at most 65536), the bytes. ' +
        '0 input, 1 end of the input, 2 signal (INT, TERM, HUP, KILL); 3 output, 4 errors, 5 four bytes: so much of the input has gone to ' +
        'the guest (at most 262144 bytes may be on their way), 6 the end: {"exitCode"} or {"error"}. A caller that hangs up ends the command.',
    },
    default: { description: 'Error, by its code' },
  },
});

/** Only for the document: a request that upgrades never comes here (upgrade.ts). */
export function execRoutes(_services: Services): OpenAPIHono {
  const app = createRouter();
  app.openapi(exec, () => {
    throw new LodgeError('USAGE', 'exec needs the headers Connection: Upgrade and Upgrade: lodge-stream', {
      hint: 'lodge exec NAME -- COMMAND',
    });
  });
  return app;
}
