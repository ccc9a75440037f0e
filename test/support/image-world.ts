import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHostKey, makeSshKeyPair } from '../../src/install/ssh-keys.ts';

/** networkd has taken over from the identity script. */
export const NETWORK_DONE = /10-lodge\.network[\s\S]*routable \(configured\)/;

/** QEMU's own network advertises fec0::/64 all the time: what was given is there all the same, nothing else, and nobody complains. */
export const IPV6_LOOK =
  'ip -6 -o address show dev eth0 scope site; cat /proc/sys/net/ipv6/conf/eth0/accept_ra; journalctl -b -o cat -u lodge-identity -u systemd-networkd';

export function assertOwnIpv6(said: string): void {
  const [address = '', acceptRa, ...journal] = said.trim().split('\n');
  assert.match(address, /inet6 fec0::15\/128 /);
  assert.equal(acceptRa, '0', said);
  assert.doesNotMatch(journal.join('\n'), /File exists|already assigned|Failed to set|Command failed/);
}

/** Keys for guests that are booted without a daemon, in a directory that goes with them. */
export async function makeImageWorld() {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-boot-'));
  const [lodge, second, owner] = await Promise.all(
    ['lodge', 'second', 'owner'].map((name) => makeSshKeyPair(dir, name, name)),
  );
  if (lodge === undefined || second === undefined || owner === undefined) throw new Error('three keys were made');
  const host = await makeHostKey(dir);
  const hostKeys = { hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey };
  const remove = () => rm(dir, { recursive: true, force: true });
  return { dir, lodge, second, owner, hostKeys, [Symbol.asyncDispose]: remove };
}
