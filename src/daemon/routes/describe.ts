import { z } from '@hono/zod-openapi';

const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      problems: z.array(z.object({ path: z.string(), rule: z.string(), value: z.unknown() })).optional(),
    }),
  })
  .openapi('Error');

const error = { content: { 'application/json': { schema: errorSchema } }, description: 'Error, by its code' };
const json = { 'application/json': { schema: z.any() } };

/** Loose on purpose: the answers are the model's own types, checked where they are made. */
type Described = Record<string, { description: string }>;

/** The answers of a route: 200 with what is named (types of api/types.ts), everything else an error body. */
export function answers(what: string): Described {
  return { 200: { content: json, description: what }, default: error } as Described;
}

/** A piece of work that goes on: 202 with its operation. */
export const accepts: Described = { 202: { content: json, description: 'Operation' }, default: error } as Described;

/** A JSON body; none at all counts as `{}`, and is refused where that lacks something. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { body: { content: { 'application/json': { schema } }, required: !schema.safeParse({}).success } } as const;
}

export const nameParameter = { params: z.object({ name: z.string() }) };
export const idParameter = { params: z.object({ id: z.string() }) };
