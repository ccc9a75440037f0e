import { exec } from './exec.ts';

/** landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION, which Node cannot call. */
const ASK = 'my $version = syscall(444, 0, 0, 1); print $version > 0 ? $version : 0';

/** The version of landlock that this kernel has switched on; 0: none. 1 came with Linux 5.13, 2 with 5.19, 4 (TCP) with 6.7, 6 (signals) with 6.12. */
export async function landlockVersion(): Promise<number> {
  const { stdout } = await exec('perl', ['-e', ASK]);
  return Number(stdout);
}
