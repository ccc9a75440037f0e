import { exec } from '../../src/host/exec.ts';

const TRIES: Record<string, string> = {
  dummy: 'link add k0 type dummy',
  bond: 'link add k1 type bond',
  vlan: 'link add link lo name k2 type vlan id 5',
  other: 'link add k3 type sit local 127.0.0.1',
};

/** Kinds of links that the kernel of this machine does not make, by the words of an intent: nobody can compare them here. */
export async function missingLinkKinds(): Promise<string[]> {
  const tried = await Promise.all(
    Object.entries(TRIES).map(async ([kind, words]) => {
      const { exitCode } = await exec('unshare', ['--net', 'ip', ...words.split(' ')], { okExitCodes: [0, 1, 2] });
      return exitCode === 0 ? [] : [kind];
    }),
  );
  return tried.flat();
}
