import { readFile } from 'node:fs/promises';

/** Deeper than any shell in a shell. */
const MOST_PARENTS = 32;

/**
 * SSH_CONNECTION of sshd(8), of this process or of the nearest one above it that has it: sudo takes it out of the environment, and then a
 * confirmation over the old connection would pass for one from the console. null where there is none, or it may not be read.
 */
export async function findSshConnection(
  env: Readonly<Record<string, string | undefined>>,
  parent: number,
): Promise<string | null> {
  if (env.SSH_CONNECTION) return env.SSH_CONNECTION;
  let pid = parent;
  for (let depth = 0; depth < MOST_PARENTS && pid > 1; depth++) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const entry = environment.split('\0').find((one) => one.startsWith('SSH_CONNECTION='));
    if (entry !== undefined) return entry.slice('SSH_CONNECTION='.length) || null;
    // After the name in parentheses, which may hold anything: state and parent (proc_pid_stat(5)).
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return null;
}
