import { judgeText } from '../engine/network/judge-facts.ts';

/**
 * The judge: a process of its own for what strangers say about a network (docs/decisions/0020-the-judge.md). Reads a request from its
 * standard input, writes the answer to its output, and ends with 0 when that is an explanation and with JUDGE_REFUSES when it is an error.
 */
async function main(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  dropPrivileges();
  const { exitCode, text } = judgeText(Buffer.concat(chunks));
  process.stdout.write(text);
  process.exitCode = exitCode;
}

/** Everything it needs is loaded: from here on it is nobody. */
function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const NOBODY = 65534;

void main();
