import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBounded } from '../base/bounded-file.ts';
import { exec } from '../host/exec.ts';
import { makeDirectory, readIfPresent, syncDirectory } from '../host/files.ts';
import { FILES } from '../model/file-modes.ts';

interface SshKeyPair {
  /** OpenSSH's private key file, text. */
  privateKey: string;
  /** One line: `ssh-ed25519 AAAA… comment`, without a newline. */
  publicKey: string;
}

/**
 * Makes an ed25519 key pair at directory/fileName, or reads the one that is there. Callers at once all get the same
 * pair: the first to link its private key into place decides, and the public key is always told from the private one.
 */
export async function makeSshKeyPair(
  directory: string,
  fileName: string,
  comment: string,
): Promise<SshKeyPair & { privateKeyPath: string }> {
  const privateKeyPath = join(directory, fileName);
  await makeDirectory(directory, { mode: FILES.sshDir.mode });
  let privateKey = await readIfPresent(privateKeyPath);
  if (privateKey === null) {
    const temporary = `${privateKeyPath}.${randomBytes(4).toString('hex')}.new`;
    try {
      await generate(temporary, comment);
      // link(2) never replaces: a guest that was told the first key must not be locked out by a second one.
      if (await linkUnlessThere(temporary, privateKeyPath)) await rename(`${temporary}.pub`, `${privateKeyPath}.pub`);
      await syncDirectory(directory);
    } finally {
      await rm(temporary, { force: true });
      await rm(`${temporary}.pub`, { force: true });
    }
    privateKey = (await readBounded(privateKeyPath)).toString();
  }
  const { stdout } = await exec('ssh-keygen', ['-y', '-f', privateKeyPath]);
  return { privateKeyPath, privateKey, publicKey: stdout.trim() };
}

/** A key pair as text, for a guest's SSH server. It passes through workDir, which must be root's alone. */
export async function makeHostKey(workDir: string): Promise<SshKeyPair> {
  const path = join(workDir, `host-key-${randomBytes(4).toString('hex')}`);
  try {
    await generate(path, 'host key');
    const [privateKey, publicKey] = await Promise.all([readBounded(path), readBounded(`${path}.pub`)]);
    return { privateKey: privateKey.toString(), publicKey: publicKey.toString().trim() };
  } finally {
    await rm(path, { force: true });
    await rm(`${path}.pub`, { force: true });
  }
}

/** Returns whether this caller was the first. */
async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function generate(path: string, comment: string): Promise<void> {
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
}
