import { writeFile } from 'node:fs/promises';
import { readBounded } from '../base/bounded-file.ts';
import { MIB } from '../base/size.ts';
import { exec } from './exec.ts';
import { pathExists } from './files.ts';

/** Debian's own of all its people has 25 MB. */
export const KEYRING_MAX_BYTES = 64 * MIB;

/**
 * Whether a key of the keyring (binary or armoured) signed the archive: `indexPath` is its InRelease, or its Release with
 * the signature beside it. `scratch` is a file that may be written.
 */
export async function isSignedBy(keyring: string, indexPath: string, scratch: string): Promise<boolean> {
  const bytes = await readBounded(keyring, KEYRING_MAX_BYTES);
  const text = bytes.toString('latin1');
  await writeFile(scratch, text.includes('-----BEGIN PGP') ? dearmour(text) : bytes, { mode: 0o600 });
  const signature = `${indexPath}.gpg`;
  const files = (await pathExists(signature)) ? [signature, indexPath] : [indexPath];
  // 2: no key of it, or one that has ended.
  const { exitCode } = await exec('gpgv', ['--keyring', scratch, ...files], { okExitCodes: [0, 1, 2] });
  return exitCode === 0;
}

/** RFC 4880, 6.2: headers end at an empty line, a last line that begins with `=` is the checksum. */
export function dearmour(text: string): Uint8Array {
  const blocks = text.matchAll(/-----BEGIN PGP [^\n]*\n([\s\S]*?)(?:-----END PGP|$)/g);
  const parts = [...blocks].map(([, block = '']) => {
    const lines = block.split('\n').map((line) => line.trim());
    const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
    return Buffer.from(body.join(''), 'base64');
  });
  return Buffer.concat(parts);
}
