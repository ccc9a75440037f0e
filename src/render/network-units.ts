import { unitCommand, unitPath } from '../base/quoting/unit-word.ts';
import { NETWORK_LATE_UNIT, NETWORK_UNIT } from '../model/systemd-names.ts';
import { NETWORK_LIMITS } from '../model/unit-limits.ts';
import type { UnitText } from './systemd-units.ts';

/**
 * Lodge's part of the host's network at boot, as two units that run `boot.sh early` and `boot.sh late`.
 *
 * The early one comes before anything configures a network (network-pre.target of systemd.special(7)), so without the default
 * dependencies, which come after it. After `nftables.service`: Debian's file for it begins with `flush ruleset` and would take the guard
 * away. It does not depend on the uplink's device unit: the script waits for the link and gives up sooner than systemd's 90 s.
 *
 * The late one comes after the network is configured, and after networkd is done with it: at its start networkd removes routes
 * that it does not know. A network that does not come up delays it and nothing else.
 */
export function renderNetworkUnits(bootScript: string): UnitText[] {
  const run = (phase: 'early' | 'late') => `ExecStart=${unitCommand(['/bin/sh', bootScript, phase])}`;
  const directory = bootScript.replace(/\/[^/]*$/, '');
  return [
    {
      name: NETWORK_UNIT,
      text: unitText([
        HEAD,
        '[Unit]',
        "Description=Lodge, the host's network before it is configured",
        'DefaultDependencies=no',
        `RequiresMountsFor=${unitPath(directory)}`,
        'After=local-fs.target systemd-udevd.service systemd-udev-trigger.service systemd-sysctl.service nftables.service',
        'Before=network-pre.target shutdown.target',
        'Wants=network-pre.target',
        'Conflicts=shutdown.target',
        '',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        run('early'),
        'TimeoutStartSec=90',
        ...NETWORK_LIMITS,
        '',
        '[Install]',
        'WantedBy=sysinit.target',
      ]),
    },
    {
      name: NETWORK_LATE_UNIT,
      text: unitText([
        HEAD,
        '[Unit]',
        'Description=Lodge, what no file of the network says',
        `After=${NETWORK_UNIT} network.target network-online.target`,
        'Wants=network-online.target',
        '',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        run('late'),
        'TimeoutStartSec=90',
        ...NETWORK_LIMITS,
        '',
        '[Install]',
        'WantedBy=multi-user.target',
      ]),
    },
  ];
}

const HEAD = '# Written by lodge net apply. Changes of your own: systemctl edit';

function unitText(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
