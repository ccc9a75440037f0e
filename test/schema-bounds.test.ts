import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import * as requests from '../src/daemon/schemas.ts';
import { hostSchema } from '../src/model/host-schema.ts';
import { factsSchema } from '../src/parse/facts-json.ts';
import { boundsOf, unboundedIn } from './support/schema-bounds.ts';

/** Everything that is read into the daemon by a schema: bodies of requests, host.yaml, facts. */
const SCHEMAS: Record<string, z.ZodType> = {
  ...Object.fromEntries(Object.entries(requests).filter(([, value]) => value instanceof z.ZodType)),
  hostSchema,
  factsSchema,
};

test('every text, list and table of every schema has a most', () => {
  assert.ok(Object.keys(SCHEMAS).length >= 14);
  for (const [name, schema] of Object.entries(SCHEMAS)) assert.deepEqual(unboundedIn(schema), [], name);
});

test('one more than the most is refused where it stands, and the most is not', () => {
  let tried = 0;
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    for (const { path, most, tooMuch } of boundsOf(schema)) {
      const refusals = (value: unknown) => {
        const result = schema.safeParse(value);
        return result.success
          ? []
          : result.error.issues.map((issue) => [issue.path.join('.'), issue.message, issue.code]);
      };
      const isAtPlace = ([where]: string[]) => where === path.join('.');
      const found = refusals(tooMuch).filter(isAtPlace);
      assert.ok(found.length > 0, `${name} ${path.join('.')}: ${JSON.stringify(refusals(tooMuch)).slice(0, 400)}`);
      const isOfSize = (values: unknown) =>
        refusals(values).some(([where, , code]) => where === path.join('.') && code === 'too_big');
      assert.ok(!isOfSize(most), `${name} ${path.join('.')}: refused at its most`);
      tried += 1;
    }
  }
  assert.ok(tried > 80, `${tried} bounds were tried`);
});

test('a list, a text and a table without a most are seen', () => {
  const planted: [z.ZodType, string][] = [
    [z.object({ a: z.string() }), 'a'],
    [z.object({ a: z.array(z.boolean()) }), 'a'],
    [z.object({ a: z.array(z.string()).max(3) }), 'a.0'],
    [z.object({ a: z.record(z.string().max(3), z.boolean()) }), 'a'],
    [z.object({ a: z.record(z.string(), z.boolean()).meta({ maxProperties: 3 }) }), 'a'],
    [z.object({ a: z.string().nullable().optional() }), 'a'],
    [z.object({ a: z.union([z.string().max(3), z.array(z.string().max(3))]) }), 'a'],
    [z.object({ a: z.unknown() }), 'a'],
  ];
  for (const [schema, path] of planted) assert.deepEqual(unboundedIn(schema), [path], path);
  const bounded = z.object({ a: z.enum(['x']), b: z.literal('y'), c: z.ipv4(), d: z.string().max(3), e: z.number() });
  assert.deepEqual(unboundedIn(bounded), []);
});
