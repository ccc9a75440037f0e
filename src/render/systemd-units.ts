import { unitCommand, unitValue } from '../base/quoting/unit-word.ts';
import { SERVICE_UNIT, SOCKET_UNIT } from '../model/systemd-names.ts';
import { DAEMON_LIMITS } from '../model/unit-limits.ts';

export interface DaemonUnitInput {
  /** The daemon's program and its arguments, absolute paths. */
  command: readonly string[];
  socketPath: string;
  /** Who may use the socket besides root. */
  group: string;
}

export interface UnitText {
  name: string;
  text: string;
}

const HEAD = '# Written by lodge setup, which renews it. Changes of your own: systemctl edit';

/**
 * The system's own daemon as a service with its socket (systemd.service(5), systemd.socket(5)). Every directive that
 * differs from systemd's default has its reason here; the files themselves stay short.
 */
export function renderDaemonUnits(input: DaemonUnitInput): UnitText[] {
  return [
    { name: SERVICE_UNIT, text: renderService(input) },
    { name: SOCKET_UNIT, text: renderSocket(input) },
  ];
}

/**
 * - `notify`: `systemctl start` comes back when the daemon listens, or says that it does not.
 * - `NotifyAccess=main`: systemd-notify, a child, speaks in the daemon's name (Node has no datagram sockets of the unix kind); nobody
 *   but root can.
 * - `KillMode=process`: dnsmasq, and an apt that set-up has begun, outlive the daemon.
 * - `OOMPolicy=continue`: when the kernel ends an image's build, the daemon goes on.
 * - `Restart=on-failure`: a crashed daemon restarts guests by policy only when it comes back. The limit ends a daemon that
 *   cannot start at all, also on a host where each attempt takes ten seconds.
 * - `TimeoutStopSec`: at the host's shutdown the daemon waits a minute for its guests.
 * - `After=nftables.service`: Debian's file for it begins with `flush ruleset`, which would take our tables away. Not
 *   `network-online.target`: taps, rules and dnsmasq need no uplink, and guests should not wait for one.
 * - `DAEMON_LIMITS`, and what is not among them: `docs/decisions/0023-what-each-process-may.md`.
 */
function renderService({ command }: DaemonUnitInput): string {
  return unitText([
    `${HEAD} ${SERVICE_UNIT}`,
    '[Unit]',
    'Description=Lodge, the guests of this host',
    `Requires=${SOCKET_UNIT}`,
    `After=${SOCKET_UNIT} network.target nftables.service`,
    'StartLimitIntervalSec=120',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=main',
    `ExecStart=${unitCommand(command)}`,
    'Environment=HOME=/root',
    'KillMode=process',
    'OOMPolicy=continue',
    'Restart=on-failure',
    'RestartSec=1',
    'TimeoutStartSec=300',
    'TimeoutStopSec=120',
    ...DAEMON_LIMITS,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

/** No RemoveOnStop: a daemon that was started by hand may have its own socket at that path. */
function renderSocket({ socketPath, group }: DaemonUnitInput): string {
  return unitText([
    `${HEAD} ${SOCKET_UNIT}`,
    '[Unit]',
    'Description=Lodge, the socket of its API',
    '',
    '[Socket]',
    `ListenStream=${unitValue(socketPath)}`,
    'SocketMode=0660',
    `SocketGroup=${group}`,
    'DirectoryMode=0755',
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

function unitText(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
