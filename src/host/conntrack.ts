import { isLodgeError } from '../base/errors.ts';
import { exec } from './exec.ts';

/** Takes the connections away that began at one of the addresses, or led to it, by whatever address. They end by themselves where the program is missing. */
export async function forgetConnections(addresses: readonly string[]): Promise<void> {
  await Promise.all(
    addresses.flatMap((address) => {
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      return ['--orig-src', '--reply-src'].map((end) => forget(['-D', '-f', family, end, address]));
    }),
  );
}

/** 1: there was none. */
async function forget(args: string[]): Promise<void> {
  try {
    await exec('conntrack', args, { okExitCodes: [0, 1] });
  } catch (error) {
    if (!isLodgeError(error, 'COMMAND_MISSING')) throw error;
  }
}
