import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Lets processes run for `runMs` of every `runMs + stopMs`: all of them together, as on a host whose processor is not its own alone.
 *
 * @param find who is meant, asked anew each time; nobody as yet: asked again at once
 * @returns what ends it
 */
export function slowDown(find: () => Promise<number[]>, runMs: number, stopMs: number): () => Promise<void> {
  let isOver = false;
  const work = async () => {
    let pids = await find();
    while (!isOver) {
      if (pids.length === 0) {
        await sleep(1);
        pids = await find();
        continue;
      }
      signal(pids, 'SIGSTOP');
      // While they stand still: a look takes longer than they may run.
      pids = await find();
      signal(pids, 'SIGSTOP');
      await sleep(stopMs);
      signal(pids, 'SIGCONT');
      await sleep(runMs);
    }
  };
  const worked = work();
  return async () => {
    isOver = true;
    await worked;
  };
}

/** A process with all below it, the process itself first. */
export async function treeOf(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The second field is the program's name in brackets, which may hold spaces and brackets itself.
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '0'));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

function signal(pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}
