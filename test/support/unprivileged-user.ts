import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { LODGE_GROUP, lookupGroup } from '../../src/host/users.ts';

/** No entry of /etc/passwd has it: to the kernel it is a user like any other. */
export const USER_ID = 54_321;

/** HTTP over a unix socket with what every Debian has: the user may not be able to read Node's file. */
const CLIENT = `
use IO::Socket::UNIX;
local $/;
my $text = <STDIN>;
my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "no connection: $!"; exit 7 };
print $socket $text;
print <$socket>;
`;

export interface Answer {
  status: number;
  body: string;
}

/** Starts a program as a real unprivileged user of the host, a member of the group `lodge` or of none. */
export function startAsUser(program: string[], isMember: boolean): ChildProcessWithoutNullStreams {
  const gid = isMember ? lookupGroup(LODGE_GROUP)?.gid : undefined;
  const groups = gid === undefined ? ['--clear-groups'] : ['--groups', String(gid)];
  const identity = ['--reuid', String(USER_ID), '--regid', String(USER_ID), ...groups];
  return spawn('setpriv', [...identity, '--', ...program], { cwd: '/' });
}

/** The same to its end. */
export function runAsUser(
  program: string[],
  options: { isMember?: boolean; input?: string } = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = startAsUser(program, options.isMember === true);
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    said.stdout += data;
  });
  child.stderr.on('data', (data) => {
    said.stderr += data;
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  return new Promise((resolve) => child.on('close', (code) => resolve({ exitCode: code ?? -1, ...said })));
}

/** A request of a member of the group `lodge`. */
export async function askAsMember(socket: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [`${method} ${path} HTTP/1.1`, 'Host: lodge', 'Connection: close', 'Content-Type: application/json'];
  const input = `${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  const { stdout } = await runAsUser(['perl', '-e', CLIENT, socket], { isMember: true, input });
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1] ?? 0);
  return { status, body: stdout.slice(stdout.indexOf('\r\n\r\n') + 4) };
}
