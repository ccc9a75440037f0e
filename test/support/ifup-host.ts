import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NetworkIntent } from '../../src/model/network-intent.ts';
import type { Namespaces } from './netns.ts';

/** What bridge-utils hangs into ifupdown. */
const SCRIPTS = '/lib/bridge-utils/ifupdown.sh';

/**
 * Files as /etc/network for one program run in a namespace: the mount and the directory for its state are that program's alone, so the
 * machine's own configuration is neither read nor written.
 */
export class IfupHost {
  readonly #directory: string;
  readonly #spaces: Namespaces;
  readonly #name: string;

  private constructor(spaces: Namespaces, name: string, directory: string) {
    this.#spaces = spaces;
    this.#name = name;
    this.#directory = directory;
  }

  static async create(
    spaces: Namespaces,
    name: string,
    files: readonly { path: string; text: string }[],
  ): Promise<IfupHost> {
    const directory = await mkdtemp(join(tmpdir(), 'lodge-ifup-'));
    for (const hook of ['if-pre-up.d', 'if-up.d', 'if-down.d', 'if-post-down.d']) await mkdir(join(directory, hook));
    for (const hook of ['if-pre-up.d', 'if-post-down.d']) await symlink(SCRIPTS, join(directory, hook, 'bridge'));
    for (const { path, text } of files) {
      const target = join(directory, path.slice('/etc/network/'.length));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    return new IfupHost(spaces, name, directory);
  }

  /** Runs a program that finds the files in /etc/network, and nothing in /run and /var/tmp, where ifupdown2 keeps its state; what it says, and how it ended. */
  async run(program: string, args: string[]): Promise<{ exitCode: number; text: string }> {
    const script =
      'mount --bind "$1" /etc/network && mount -t tmpfs none /run && mount -t tmpfs none /var/tmp && mkdir /run/network && shift && exec "$@" 2>&1';
    const { exitCode, stdout } = await this.#spaces.run(
      this.#name,
      'sh',
      ['-c', script, 'ifup', this.#directory, program, ...args],
      { okExitCodes: [0, 1, 2, 89], timeoutMs: 60_000 },
    );
    return { exitCode, text: stdout };
  }

  /** Adds a directory of the package ifupdown2 (`policy.d`, `ifupdown2.conf`). */
  async addDirectory(from: string, name: string): Promise<void> {
    await cp(from, join(this.#directory, name), { recursive: true });
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Addresses and routes that run, in the words of `intentWords`: without link-local, loopback's own and the kernel's own. */
export async function runningWords(spaces: Namespaces, name: string): Promise<string[]> {
  const ask = async (...args: string[]) => JSON.parse((await spaces.run(name, 'ip', ['-j', ...args])).stdout || '[]');
  const links: { ifname: string; addr_info: Record<string, string | number>[] }[] = await ask('address');
  const addresses = links.flatMap(({ ifname, addr_info }) =>
    addr_info
      .filter(({ scope, local }) => scope !== 'link' && local !== '127.0.0.1' && local !== '::1')
      .map((one) => {
        const peer = one.address === undefined ? '' : ` peer ${one.address}`;
        return `${ifname} ${one.local}/${one.prefixlen}${peer}`;
      }),
  );
  const routes = await Promise.all(
    ['-4', '-6'].map(async (family) => {
      const found: Record<string, string | number | undefined>[] = await ask(family, 'route');
      return found
        .filter(({ protocol }) => protocol !== 'kernel')
        .map((one) =>
          routeWords(family === '-4' ? 'ipv4' : 'ipv6', {
            type: String(one.type ?? 'unicast'),
            destination: String(one.dst),
            via: one.gateway === undefined ? null : String(one.gateway),
            link: one.type === undefined ? String(one.dev) : null,
          }),
        );
    }),
  );
  return [...addresses, ...routes.flat()].sort();
}

/** The same of what files say. A command without a link takes the one that leads to its gateway: here the stanza's. */
export function intentWords(intent: NetworkIntent): string[] {
  const addresses = intent.addresses.map(
    ({ link, address, prefixLength, peer }) =>
      `${link} ${address}/${prefixLength}${peer === null ? '' : ` peer ${peer}`}`,
  );
  const routes = intent.routes.map(({ family, type, destination, via, link, context }) =>
    routeWords(family, { type, destination, via, link: type === 'unicast' ? (link ?? context) : null }),
  );
  return [...addresses, ...routes].sort();
}

/** The kernel prints a single address without its length. */
function routeWords(
  family: string,
  { type, destination, via, link }: { type: string; destination: string; via: string | null; link: string | null },
): string {
  const plain = destination.replace(family === 'ipv4' ? /\/32$/ : /\/128$/, '');
  return `${family} ${type} ${plain}${via === null ? '' : ` via ${via}`}${link === null ? '' : ` dev ${link}`}`;
}
