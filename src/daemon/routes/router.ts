import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { type LodgeError, type Problem, validationError } from '../../base/errors.ts';
import { sizeRule } from '../../model/bounded-schema.ts';

/** What a schema makes of a body; with every problem told when it is of the wrong shape. For requests that no router sees. */
export function parseBody<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw refused(result.error, input);
}

/** A router that answers a body of the wrong shape with every problem: path, rule and value. */
export function createRouter(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      throw refused(result.error as z.ZodError, (result as { data?: unknown }).data);
    },
  });
}

function refused(error: z.ZodError, input: unknown): LodgeError {
  return validationError(
    'the request',
    error.issues.flatMap((issue) => toProblems(issue, input)),
  );
}

function toProblems(issue: z.core.$ZodIssue, input: unknown): Problem[] {
  const path = issue.path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
  if (issue.code === 'unrecognized_keys') {
    const parent = valueAt(input, issue.path) as Record<string, unknown> | null;
    return issue.keys.map((key) => {
      // A misspelt `userData` is a secret as well: the name says enough.
      const value = SECRET_NAME.test(key) ? undefined : (parent?.[key] ?? null);
      return { path: path === '' ? key : `${path}.${key}`, rule: 'is not known here', value };
    });
  }
  const value = valueAt(input, issue.path);
  if (value === undefined && issue.code === 'invalid_type') {
    return [{ path: path === '' ? 'body' : path, rule: `must be given, of the type ${issue.expected}`, value }];
  }
  return [{ path, rule: ruleOf(issue), value: isTellable(path) ? (value ?? null) : undefined }];
}

const SECRET_NAME = /user.?data|pass|secret|token|key|cloud|seed/i;

/** User-data has passwords in it, a command's environment may, and the whole body has all of them. */
function isTellable(path: string): boolean {
  return path !== '' && !/^(userData|password|token|env)/.test(path);
}

function ruleOf(issue: z.core.$ZodIssue): string {
  // A rule of our own says more than zod's.
  if (issue.message.startsWith('must ')) return issue.message;
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `must be of the type ${issue.expected}`;
    case 'too_small':
    case 'too_big':
      return sizeRule(issue);
    default:
      return issue.message;
  }
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}
