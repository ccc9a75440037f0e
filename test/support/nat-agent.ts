/**
 * Runs a NatLink in the network namespace this process was started in. One JSON request a line on stdin
 * (`{"method","args"}`), one JSON answer a line on stdout (`{"result"}` or `{"error","ms"}`).
 */
import { createInterface } from 'node:readline';
import { explainError } from '../../src/base/errors.ts';
import { createNatLink, type NatLink, type NatLinkInput } from '../../src/engine/nat/link.ts';

const input = JSON.parse(process.argv[2] ?? '{}') as NatLinkInput;
const link = createNatLink(input);

for await (const line of createInterface({ input: process.stdin })) {
  const { method, args } = JSON.parse(line) as { method: keyof NatLink; args: unknown[] };
  const started = performance.now();
  const call = link[method] as (...values: unknown[]) => Promise<unknown>;
  const answer = await call(...args).then(
    (result) => ({ result: result ?? null }),
    (error: unknown) => ({ error: explainError(error) }),
  );
  process.stdout.write(`${JSON.stringify({ ...answer, ms: performance.now() - started })}\n`);
}
