import { FILE_MAX_BYTES, readStart } from '../base/bounded-file.ts';

/** Deeper than any shell in a shell. */
const MOST_PARENTS = 32;

/**
 * SSH_CONNECTION of sshd(8), of this process or of the nearest one above it that has it: sudo takes it out of the environment, and then a
 * confirmation over the old connection would pass for one from the console. null where there is none, or it may not be read.
 */
export async function findSshConnection(
  env: Readonly<Record<string, string | undefined>>,
  parent: number,
): Promise<string | null> {
  if (env.SSH_CONNECTION) return env.SSH_CONNECTION;
  let pid = parent;
  for (let depth = 0; depth < MOST_PARENTS && pid > 1; depth++) {
    const environment = await startOf(`/proc/${pid}/environ`);
    const entry = environment.split('\0').find((one) => one.startsWith('SSH_CONNECTION='));
    if (entry !== undefined) return entry.slice('SSH_CONNECTION='.length) || null;
    // After the name in parentheses, which may hold anything: state and parent (proc_pid_stat(5)).
    const stat = await startOf(`/proc/${pid}/stat`);
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return null;
}

async function startOf(path: string): Promise<string> {
  return (await readStart(path, FILE_MAX_BYTES).catch(() => '')).toString();
}

/**
 * How the user's own machine logs in to this host: the address and port that his session came to, else an address the internet knows,
 * else the name. What came to a loopback address came through a tunnel, and says nothing.
 *
 *     203.0.113.9 50022 198.51.100.2 2222 -> ssh -p 2222 root@198.51.100.2
 */
export function loginWords(
  connection: string | null,
  addresses: readonly string[],
  name: string,
  options = '',
): string {
  // SSH_CONNECTION of sshd(8): client, its port, server, its port.
  const [, , server, port = '22'] = (connection ?? '').split(' ');
  const cameTo = server === undefined || isLoopback(server) ? undefined : server;
  const address = cameTo ?? addresses.find(isPublicIpv4) ?? addresses.find(isPublicIpv6) ?? name;
  const portOption = cameTo === undefined || port === '22' ? '' : `-p ${port} `;
  return `ssh ${portOption}${options === '' ? '' : `${options} `}root@${address}`;
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.|^::1$/.test(address);
}

/** Not of RFC 1918, RFC 6598, loopback, link-local, or above 224. */
function isPublicIpv4(address: string): boolean {
  const [a = 0, b = 0, , d] = address.split('.').map(Number);
  if (d === undefined || a === 0 || a === 10 || a === 127 || a >= 224) return false;
  return (
    !(a === 172 && b >= 16 && b < 32) &&
    !(a === 192 && b === 168) &&
    !(a === 169 && b === 254) &&
    !(a === 100 && b >= 64 && b < 128)
  );
}

/** 2000::/3 is what IANA gives out. */
function isPublicIpv6(address: string): boolean {
  return /^[23][0-9a-f]{3}:/i.test(address);
}
