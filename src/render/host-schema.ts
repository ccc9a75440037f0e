import { z } from 'zod';
import { hostSchema } from '../model/host-schema.ts';

/** Its name beside host.yaml, where that file's first line points editors to. */
export const HOST_SCHEMA_FILE = 'host.schema.json';

/** The JSON Schema of host.yaml: docs/reference/host.schema.json, and the file that `lodge net import` writes beside it. */
export function renderHostSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(hostSchema, { io: 'input' }), null, 2)}\n`;
}
