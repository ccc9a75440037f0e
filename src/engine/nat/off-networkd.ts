import { makeDirectory, readIfPresent, removeTree, writeFileAtomically } from '../../host/files.ts';
import { readNetworkFiles } from '../../host/network-files.ts';
import { isForNetworkd, reloadNetworkd } from '../../host/networkd.ts';
import { FILES } from '../../model/file-modes.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { KnownLink } from '../../parse/networkd-match.ts';
import { mayNetworkdTake, outsideLinks, tapLinks } from '../../plan/networkd-takes.ts';
import { renderNetworkdUnmanaged } from '../../render/networkd-unmanaged.ts';
import { GATEWAY_MAC } from './tap.ts';

/**
 * Keeps systemd-networkd off the links of an instance, whatever the host's own files match. Nothing is done where that is so already.
 * networkd is only made to read its files where one of them may be for taps: it would take up what its owner has written there and not yet
 * let it read.
 *
 * @param isTaken taps have lost what they had: then networkd is made to read them in any case
 */
export async function keepOffNetworkd(network: NatNetwork, isTaken = false): Promise<void> {
  if (!(await isForNetworkd())) return;
  const { path, text } = renderNetworkdUnmanaged(network);
  const isThere = (await readIfPresent(path)) === text;
  if (isThere && !isTaken) return;
  if (!isThere) {
    await makeDirectory(path.slice(0, path.lastIndexOf('/')));
    await writeFileAtomically(path, text, { mode: FILES.unmanagedLinks.mode, untilReboot: true });
  }
  if (isTaken || (await mayBeTaken(tapLinks(network, GATEWAY_MAC)))) await reloadNetworkd();
}

export async function isKeptOffNetworkd(network: NatNetwork): Promise<boolean> {
  if (!(await isForNetworkd())) return true;
  const { path, text } = renderNetworkdUnmanaged(network);
  return (await readIfPresent(path)) === text;
}

/** The links are gone: what networkd has read of them does no harm until it reads the next time. */
export async function leaveToNetworkd(network: NatNetwork): Promise<void> {
  if (await isForNetworkd()) await removeTree(renderNetworkdUnmanaged(network).path);
}

/** Before the wires of a trial are made, which have the MACs of the uplinks. Our file is there by then, for the taps of the trial. */
export async function keepWiresOffNetworkd(network: NatNetwork, uplinkMacs: readonly string[]): Promise<void> {
  if ((await isForNetworkd()) && (await mayBeTaken(outsideLinks(network, uplinkMacs)))) await reloadNetworkd();
}

/** Files that cannot be read may say anything. */
async function mayBeTaken(links: readonly KnownLink[]): Promise<boolean> {
  const files = await readNetworkFiles('').catch(() => null);
  return files === null || mayNetworkdTake(files, links);
}
