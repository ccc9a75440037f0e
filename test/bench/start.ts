import { randomUUID } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { exec } from '../../src/host/exec.ts';
import type { GuestDetail } from '../../src/model/guest-view.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { figure, measurePairs, median, type Row, timeProcess } from './measure.ts';
import { Peer } from './peer.ts';

const ROUNDS = 15;
const MOST_RATIO = 0.6;

/** `lodge start` and `virsh start` of the same guest, whole processes, each from a stopped guest to a running QEMU. */
export async function benchStart(lodge: string): Promise<Row[]> {
  const instance = await LodgeInstance.open('lgbs', lodge);
  const env = { LODGE_ROOT: instance.root };
  const ours = (args: string[]) => timeProcess(lodge, args, env);
  try {
    const size = ['--image', 'none', '--disk', '64MiB', '--memory', '256MiB', '--accel', 'tcg'];
    const made = await instance.run(['create', 'twin', ...size]);
    if (made.exitCode !== 0) throw new Error(made.stderr);
    await ours(['kill', 'twin']);
    const guest = await instance.show('twin');
    const directory = `${instance.root}/peer`;
    await mkdir(directory);
    const disk = `${directory}/disk.qcow2`;
    await copyFile(guest.paths.disk, disk);
    await exec('chown', ['--recursive', 'lodge-qemu:lodge-qemu', directory]);
    const peer = await Peer.start(instance.namespaces, new Map([['twin', domainOf(guest, directory)]]));
    try {
      const startOurs = async () => {
        const ms = await ours(['start', 'twin']);
        await ours(['kill', 'twin']);
        return ms;
      };
      const startPeer = async () => {
        const ms = await timeProcess(...peer.command('start', 'twin'));
        await peer.virsh('destroy', 'twin');
        return ms;
      };
      // The first start of each fills its caches.
      await startOurs();
      await startPeer();
      const pairs = await measurePairs(ROUNDS, startOurs, startPeer);
      const ratio = median(pairs.ours) / median(pairs.peer);
      return [
        {
          what: '`lodge start` until QEMU runs, whole process, against `virsh start`',
          ours: figure(pairs.ours, 'ms'),
          peer: figure(pairs.peer, 'ms'),
          ratio,
          budget: `at most ${MOST_RATIO} ×`,
          met: ratio <= MOST_RATIO,
        },
      ];
    } finally {
      await peer.virsh('destroy', 'twin').catch(() => {});
      await peer.stop();
    }
  } finally {
    await instance.close();
  }
}

/** The guest in libvirt's words: the same devices. Its tap is made at each start too, but gets no address and no rule. */
function domainOf(guest: GuestDetail, directory: string): string {
  const { memoryMiB, vcpus, nic } = guest.spec;
  return `<domain type='qemu'>
  <name>twin</name><uuid>${randomUUID()}</uuid>
  <memory unit='MiB'>${memoryMiB}</memory><vcpu>${vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' discard='unmap'/><source file='${directory}/disk.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>
    <interface type='ethernet'>
      <mac address='${nic.mac}'/><target dev='lgpeer0'/><model type='virtio'/>
    </interface>
    <controller type='usb' model='piix3-uhci'/>
    <input type='tablet' bus='usb'/>
    <serial type='unix'>
      <source mode='bind' path='${directory}/serial.sock'/><log file='${directory}/serial.log' append='on'/>
      <target port='0'/>
    </serial>
    <channel type='unix'>
      <source mode='bind' path='${directory}/agent.sock'/><target type='virtio' name='org.qemu.guest_agent.0'/>
    </channel>
    <graphics type='vnc' socket='${directory}/vnc.sock'/>
    <video><model type='vga'/></video>
    <watchdog model='i6300esb' action='reset'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <memballoon model='virtio'/>
  </devices>
</domain>
`;
}
