/** What systemd gives the daemon when it runs it as a service. */
export interface ServiceManager {
  /** The listening socket systemd holds for us (sd_listen_fds(3)), or null. */
  socketFd: number | null;
  /** Where to say that we listen (sd_notify(3)), or null. */
  notifySocket: string | null;
}

const FIRST_FD = 3;
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'NOTIFY_SOCKET'] as const;

/** Takes it out of the environment: programs that the daemon starts are not meant. */
export function takeServiceManager(env: Record<string, string | undefined>, pid: number): ServiceManager {
  const { LISTEN_PID, LISTEN_FDS, NOTIFY_SOCKET } = env;
  for (const name of VARIABLES) delete env[name];
  const isHandedOver = LISTEN_PID === String(pid) && Number(LISTEN_FDS) > 0;
  return { socketFd: isHandedOver ? FIRST_FD : null, notifySocket: NOTIFY_SOCKET ?? null };
}
