import { z } from 'zod';

/** A rule of zod's about how much there may be of a text, a list or a number, in our words. */
export function sizeRule(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [bound, limit] =
    issue.code === 'too_big' ? (['at most', issue.maximum] as const) : (['at least', issue.minimum] as const);
  if (issue.origin === 'string') return `must have ${bound} ${limit} characters`;
  return issue.origin === 'array' ? entriesRule(bound, Number(limit)) : `must be ${bound} ${limit}`;
}

/** Names with texts, no more of them than that. zod's own record has no bound. */
export function boundedRecord(key: z.ZodString, value: z.ZodString, most: number) {
  return z
    .record(key, value)
    .refine((entries) => Object.keys(entries).length <= most, entriesRule('at most', most))
    .meta({ maxProperties: most });
}

function entriesRule(bound: string, count: number): string {
  return `must have ${bound} ${count} ${count === 1 ? 'entry' : 'entries'}`;
}
