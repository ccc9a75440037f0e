import { exec } from '../../host/exec.ts';
import { type BootRoom, NOTES, roomScript } from './room.ts';

/** How a program ended that ran as at a boot. */
export interface RoomRun {
  exitCode: number;
  /** What it said, both streams. */
  said: string;
  /** `called systemctl restart foo`, `lease eth0`, `no-lease dhclient eth0`, `waits 5` */
  notes: string[];
}

/** What making the room may take, on the slowest host: it is half a second on others. */
const ROOM_SEC = 60;
/** coreutils' timeout ends with it. */
export const TIME_IS_UP = 124;

/**
 * Runs a command of the shell in a namespace of the network, in a room of its own for everything else: nothing of the host is written, no
 * daemon is heard, nobody stays behind. The host's own program, as it is installed.
 *
 * @throws COMMAND_FAILED when the room cannot be made
 */
export async function runInRoom(
  namespace: string,
  room: BootRoom,
  command: string,
  limitSec: number,
): Promise<RoomRun> {
  const apart = ['unshare', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', 'sh', '-s'];
  const { stdout } = await exec('ip', ['netns', 'exec', namespace, ...apart], {
    input: roomScript(room, command, limitSec),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    // The first process of the room ends with this one, and all others with it.
    killSignal: 'SIGKILL',
    timeoutMs: (limitSec + ROOM_SEC) * 1000,
  });
  const [said = '', after = ''] = stdout.split(`\n${NOTES}\n`);
  const [ended = '', ...notes] = after.split('\n').filter(Boolean);
  return { exitCode: Number(ended.replace('ended ', '')), said, notes: [...new Set(notes)] };
}
