import { chown, readdir } from 'node:fs/promises';
import { readBounded } from '../../base/bounded-file.ts';
import { makeDirectory, pathExists, readIfPresent, removeTree, writeFileAtomically } from '../../host/files.ts';
import { writeSeedDisk } from '../../install/seed-disk.ts';
import { makeHostKey, makeSshKeyPair } from '../../install/ssh-keys.ts';
import { FILES } from '../../model/file-modes.ts';
import type { GuestNic } from '../../model/guest.ts';
import type { GuestIdentity } from '../../model/guest-network.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { userDataBytes } from '../../model/user-data.ts';
import { addressGuest } from '../../plan/nat-addresses.ts';
import { credentialFiles, renderCredentials } from '../../render/identity.ts';
import { renderNoCloudSeed } from '../../render/nocloud.ts';
import type { IdentityFile } from '../../render/qemu-input.ts';
import type { StepRunner } from '../operations/step.ts';
import { checkUserData } from './check-user-data.ts';
import { type GuestDeps, guestOf, layoutOfGuest } from './guest-deps.ts';

/** Lodge's own key, by which `lodge ssh` logs in to every guest. */
export const LODGE_KEY = 'id_ed25519';

/** Writes what the guest is told of itself, anew at each start: keys and addresses may have changed since. */
export function makeIdentity(deps: GuestDeps): StepRunner {
  return {
    async run({ operation, detail }) {
      const record = guestOf(deps, operation);
      const { spec } = record;
      const { warnings } = checkUserData(spec);
      if (warnings.length > 0 && operation.kind === 'guest.create') detail(warnings.join('; '));
      const layout = layoutOfGuest(deps.layout, record);
      const identity = await identityOf(deps, record);
      const knownHosts = [spec.nic.ipv4, spec.nic.ipv6]
        .filter((address) => address !== null)
        .map((address) => `${address} ${identity.hostKeyPublic.split(' ').slice(0, 2).join(' ')}\n`);
      if ((await readIfPresent(layout.knownHosts)) !== knownHosts.join('')) {
        await writeFileAtomically(layout.knownHosts, knownHosts.join(''), { mode: FILES.knownHosts.mode });
      }
      if (spec.identity === 'credentials') await writeCredentials(deps, record, layout.credentialsDir, identity);
      if (spec.identity === 'nocloud') await writeSeed(deps, record, layout.seed, identity, userDataBytes(spec));
    },
  };
}

async function identityOf(deps: GuestDeps, record: GuestRecord): Promise<GuestIdentity> {
  const { spec } = record;
  const { hostKey } = layoutOfGuest(deps.layout, record);
  if (!(await pathExists(hostKey))) {
    const made = await makeHostKey(deps.layout.runDir);
    await writeFileAtomically(`${hostKey}.pub`, made.publicKey, { mode: FILES.hostKeyPublic.mode });
    await writeFileAtomically(hostKey, made.privateKey, { mode: FILES.hostKey.mode });
  }
  const ours = await makeSshKeyPair(deps.layout.sshDir, LODGE_KEY, 'lodge');
  return {
    hostname: spec.name,
    uuid: spec.uuid,
    sshKeys: [ours.publicKey.trim(), ...spec.sshKeys],
    hostKeyPrivate: (await readBounded(hostKey)).toString(),
    hostKeyPublic: (await readBounded(`${hostKey}.pub`)).toString().trim(),
    addressing: addressGuest(await deps.network.network(), await nicInUse(deps, spec.nic)),
  };
}

/** Where IPv6 is switched off the guest is told nothing of its address: it would wait for answers that never come. */
async function nicInUse(deps: GuestDeps, nic: GuestNic): Promise<GuestNic> {
  return (await deps.network.ipv6(true)) === 'on' ? nic : { ...nic, ipv6: null };
}

/** Most starts change nothing: then nothing is written, and nothing waits for the disk. */
async function writeCredentials(
  deps: GuestDeps,
  record: GuestRecord,
  directory: string,
  identity: GuestIdentity,
): Promise<void> {
  const files = credentialFiles(renderCredentials(identity));
  if (await holdsExactly(directory, files)) return;
  const { gid } = await deps.machine.guestUser(record);
  await removeTree(directory);
  await makeDirectory(directory, { mode: FILES.credentialsDir.mode, owner: { uid: 0, gid } });
  for (const { fileName, content } of files) {
    await writeFileAtomically(`${directory}/${fileName}`, content, {
      mode: FILES.credential.mode,
      owner: { uid: 0, gid },
    });
  }
}

async function holdsExactly(directory: string, files: { fileName: string; content: string }[]): Promise<boolean> {
  const there = await readdir(directory).catch(() => []);
  if (there.length !== files.length) return false;
  const texts = await Promise.all(files.map(({ fileName }) => readIfPresent(`${directory}/${fileName}`)));
  return files.every(({ content }, index) => texts[index] === content);
}

async function writeSeed(
  deps: GuestDeps,
  record: GuestRecord,
  path: string,
  identity: GuestIdentity,
  userData: Uint8Array | null,
): Promise<void> {
  const { gid } = await deps.machine.guestUser(record);
  await writeSeedDisk(path, renderNoCloudSeed(identity, userData));
  await chown(path, 0, gid);
}

/** The files as QEMU's command line names them. */
export async function identityFilesOf(deps: GuestDeps, record: GuestRecord): Promise<IdentityFile[]> {
  const layout = layoutOfGuest(deps.layout, record);
  switch (record.spec.identity) {
    case 'credentials':
      return (await readdir(layout.credentialsDir).catch(() => []))
        .toSorted()
        .map((name) => ({ way: 'smbios', path: `${layout.credentialsDir}/${name}` }));
    case 'nocloud':
      return [{ way: 'cdrom', path: layout.seed }];
    case 'none':
      return [];
  }
}
