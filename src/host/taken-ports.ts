import { KERNEL_TABLE_MAX_BYTES, readIfPresent } from './files.ts';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'];
/** TCP_LISTEN of include/net/tcp_states.h; what udp calls 07 is any socket of its own. */
const LISTENING = '0A';

/** The ports that something in our network namespace listens at, TCP or UDP, whoever it is: no process for it, as `ss` would be. */
export async function listTakenPorts(): Promise<Set<number>> {
  const texts = await Promise.all(
    TABLES.map((name) => readIfPresent(`/proc/self/net/${name}`, KERNEL_TABLE_MAX_BYTES)),
  );
  return new Set(texts.flatMap((text, index) => parseSockets(text ?? '', TABLES[index]?.startsWith('udp') === true)));
}

/**
 * Lines of /proc/net/tcp and its brothers (proc(5)):
 *
 *     0: 0100007F:0035 00000000:0000 0A 00000000:… -> 53
 */
export function parseSockets(text: string, isUdp: boolean): number[] {
  return text.split('\n').flatMap((line) => {
    const [, port, state] = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? [];
    return port === undefined || (!isUdp && state !== LISTENING) ? [] : [Number.parseInt(port, 16)];
  });
}
