import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES, fileRuleOf, isClosed } from '../../src/model/file-modes.ts';
import { isGuestId } from '../../src/model/unix-ids.ts';

const UNIT_OF_OWNER = {
  root: 'root:root',
  'root and QEMU': 'root:qemu',
  'root and guest': 'root:guest',
  guest: 'guest:guest',
} as const;

/** What is wrong under a root: a file that the table of modes does not know, or one that is not as the table says. */
export async function modeProblems(root: string, qemu: { uid: number; gid: number }): Promise<string[]> {
  const problems: string[] = [];
  const pending: string[] = [FILES.etcDir.path, FILES.stateDir.path, FILES.runDir.path];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const found = await lstat(join(root, path)).catch(() => null);
    if (found === null) continue;
    const rule = fileRuleOf(path);
    if (rule === null) {
      problems.push(`${path} is not in the table`);
      continue;
    }
    const kind = found.isDirectory() ? 'directory' : found.isSocket() ? 'socket' : found.isFIFO() ? 'pipe' : 'file';
    const name = (id: number, ofQemu: number) =>
      id === 0 ? 'root' : id === ofQemu ? 'qemu' : isGuestId(id) ? 'guest' : String(id);
    const owner = `${name(found.uid, qemu.uid)}:${name(found.gid, qemu.gid)}`;
    const seen = `${kind} ${(found.mode & 0o7777).toString(8)} ${owner}`;
    const wanted = `${rule.kind} ${rule.mode.toString(8)} ${UNIT_OF_OWNER[rule.owner]}`;
    // The socket's group is `lodge`; what dnsmasq writes is its own user's.
    const isForeign = rule === FILES.daemonSocket || rule === FILES.nameService;
    const cut = (text: string) => (isForeign ? text.replace(/ \S+$/, '') : text);
    if (cut(seen) !== cut(wanted)) problems.push(`${path} is ${seen}, and not ${wanted}`);
    if (kind === 'directory' && !isClosed(rule)) {
      for (const entry of await readdir(join(root, path))) pending.push(`${path}/${entry}`);
    }
  }
  return problems.sort();
}
