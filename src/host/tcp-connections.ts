import { exec } from './exec.ts';

/** Every TCP connection of our network namespace in the form of SSH_CONNECTION (sshd(8)): `198.51.100.7 50112 192.0.2.200 22`. */
export async function listTcpConnections(): Promise<string[]> {
  const { stdout } = await exec('ss', ['-H', '-n', '-t', 'state', 'established']);
  return stdout.split('\n').flatMap(parseConnection);
}

/**
 * One line of `ss -Hnt state established`: what is queued, our end, the other end.
 *
 *     0 0 [::ffff:192.0.2.200]:22 [::ffff:198.51.100.7]:50112 -> 198.51.100.7 50112 192.0.2.200 22
 */
export function parseConnection(line: string): string[] {
  const ends = line.trim().split(/\s+/).slice(2, 4).map(parseEnd);
  const [ours, theirs] = ends;
  return ours == null || theirs == null ? [] : [`${theirs} ${ours}`];
}

function parseEnd(text: string): string | null {
  const match = /^(.*):(\d+)$/.exec(text);
  const address = match?.[1]?.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/, '');
  return address === undefined ? null : `${address} ${match?.[2]}`;
}
