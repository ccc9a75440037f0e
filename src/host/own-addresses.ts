import { networkInterfaces } from 'node:os';
import { isLodgeError } from '../base/errors.ts';
import { exec } from './exec.ts';

/**
 * Those of the addresses that are none of this host's: the kernel's table of local addresses says, which also knows whole prefixes
 * that are local (127.0.0.0/8) and addresses of links that are down. Text that is no address is nobody's.
 */
export async function listStrangers(addresses: readonly string[]): Promise<string[]> {
  const known = new Set(
    Object.values(networkInterfaces()).flatMap((link) => (link ?? []).map(({ address }) => address)),
  );
  const asked = [...new Set(addresses)].filter((address) => !known.has(address));
  const answers = await Promise.all(asked.map(isLocal));
  return asked.filter((_, index) => answers[index] === false);
}

async function isLocal(address: string): Promise<boolean> {
  try {
    const { stdout } = await exec('ip', ['-j', 'route', 'get', address], { okExitCodes: [0, 1, 2] });
    return /"type":"local"/.test(stdout);
  } catch (error) {
    // A host that is not set up yet: what its links have is all that can be known.
    if (isLodgeError(error, 'COMMAND_MISSING')) return false;
    throw error;
  }
}
