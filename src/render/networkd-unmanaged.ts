import type { NatNetwork } from '../model/guest-network.ts';
import { natTapPrefix, outsideLinkPrefix } from '../model/nat-tap-prefix.ts';

/** Of the run time: gone with the boot, like the links that it is about. */
const DIRECTORY = '/run/systemd/network';
/**
 * networkd goes by the names of files, whatever their directory, and the first one that matches a link decides (systemd.network(5)):
 * `+` stands before every digit and letter.
 */
const NAME = /^\+lodge-lg[0-9a-f]{4}\.network$/;

/** The file that keeps systemd-networkd off the links that an instance makes on the host, and off no others. */
export function renderNetworkdUnmanaged(network: Pick<NatNetwork, 'tableName'>): { path: string; text: string } {
  const prefixes = [natTapPrefix(network), outsideLinkPrefix(network)];
  return {
    path: `${DIRECTORY}/+lodge-${natTapPrefix(network)}.network`,
    text: [
      '# Written by Lodge, which takes it away with the last guest: the taps of guests are not for systemd-networkd.',
      '[Match]',
      `Name=${prefixes.map((prefix) => `${prefix}*`).join(' ')}`,
      '',
      '[Link]',
      'Unmanaged=yes',
      '',
    ].join('\n'),
  };
}

/** Such a file of any instance: it comes and goes with guests, and says nothing of the host's own network. */
export function isNetworkdUnmanaged(path: string): boolean {
  const [name = ''] = path.split('/').slice(-1);
  return path.startsWith(`${DIRECTORY}/`) && NAME.test(name);
}
