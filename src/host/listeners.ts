import { exec } from './exec.ts';

/** A program that waits for connections or datagrams. */
export interface Listener {
  protocol: 'tcp' | 'udp';
  /** Address without zone; `*` when it is every address of the family or of both. */
  address: string;
  /** Which connections it gets: `any` also when it is bound to `*` of both families. */
  family: 'ipv4' | 'ipv6' | 'any';
  port: number;
  /** Bound to one interface: it hears nothing from another. */
  device: string | null;
  /** Name of the program, or `a program` when the kernel does not tell. */
  program: string;
  pid: number | null;
}

/** Everything that listens in our network namespace. */
export async function listListeners(): Promise<Listener[]> {
  const { stdout } = await exec('ss', ['-H', '-n', '-l', '-t', '-u', '-p']);
  return stdout.split('\n').flatMap(parseListener);
}

/**
 * One line of `ss -Hnltup`:
 *
 *     tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3)) -> tcp * ipv4 22 sshd
 */
export function parseListener(line: string): Listener[] {
  const [protocol, , , , local] = line.trim().split(/\s+/);
  const match = /^(.*):(\d+)$/.exec(local ?? '');
  if ((protocol !== 'tcp' && protocol !== 'udp') || match === null) return [];
  const [bare = '', device = null] = (match[1] ?? '').split('%');
  const address = bare.replace(/^\[|\]$/g, '');
  const isAny = address === '*' || address === '0.0.0.0' || address === '::';
  return [
    {
      protocol,
      address: isAny ? '*' : address,
      family: address === '*' ? 'any' : address.includes(':') ? 'ipv6' : 'ipv4',
      port: Number(match[2]),
      device: device?.replace(/\]$/, '') ?? null,
      pid: Number(/,pid=(\d+)/.exec(line)?.[1] ?? Number.NaN) || null,
      program: /users:\(\("([^"]+)"/.exec(line)?.[1] ?? 'a program',
    },
  ];
}
