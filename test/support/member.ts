import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { LODGE_GROUP, lookupGroup, lookupUser } from '../../src/host/users.ts';
import type { CliResult, LodgeInstance } from './lodge-instance.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
/** ssh wants an account of the host that is in /etc/passwd. */
const ACCOUNT = 'nobody';

/**
 * An unprivileged user of the host who is in the group lodge, with an SSH key of his own in an agent. He runs a copy of the program: a
 * checkout may be where he cannot go.
 */
export class Member {
  readonly publicKey: string;
  readonly #lodge: LodgeInstance;
  readonly #directory: string;

  private constructor(lodge: LodgeInstance, directory: string, publicKey: string) {
    this.#lodge = lodge;
    this.#directory = directory;
    this.publicKey = publicKey;
  }

  /** The program has to be bundled: any command before has done it. */
  static async of(lodge: LodgeInstance): Promise<Member> {
    const directory = join(lodge.root, 'member');
    const key = join(directory, 'key');
    await mkdir(directory, { mode: 0o755 });
    await copyFile(process.execPath, join(directory, 'node'));
    await copyFile(join(CHECKOUT, 'dist/lodge.cjs'), join(directory, 'lodge.cjs'));
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'member', '-f', key]);
    await exec('chown', ['-R', ACCOUNT, directory]);
    return new Member(lodge, directory, (await exec('cat', [`${key}.pub`])).stdout);
  }

  async run(args: string[], input = ''): Promise<CliResult> {
    const account = lookupUser(ACCOUNT);
    const group = lookupGroup(LODGE_GROUP);
    if (account === null || group === null) throw new Error('the host has no account nobody, or no group lodge');
    const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, `--groups=${group.gid}`, '--no-new-privs'];
    const shell =
      `cd ${this.#directory} && eval "$(ssh-agent -s)" >/dev/null && trap 'kill "$SSH_AGENT_PID"' EXIT && ssh-add -q key || exit 9; ` +
      './node --disable-warning=ExperimentalWarning lodge.cjs "$@"';
    const words = [
      ...identity,
      'env',
      `LODGE_ROOT=${this.#lodge.root}`,
      `HOME=${this.#directory}`,
      `TMPDIR=${this.#directory}`,
      'NO_COLOR=1',
    ];
    const { exitCode, stdout, stderr } = await this.#lodge.namespaces.run(
      'host',
      'setpriv',
      [...words, 'sh', '-c', shell, 'lodge', ...args],
      { input, okExitCodes: Array.from({ length: 256 }, (_, code) => code) },
    );
    return { exitCode, stdout, stderr };
  }
}
