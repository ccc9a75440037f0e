import { QEMU_NAMES } from '../model/qemu-names.ts';
import { bootIndex, bootsFromNetwork } from './qemu-boot.ts';
import type { QemuInput } from './qemu-input.ts';
import { device, listOption, type QemuOption, textOption } from './qemu-option.ts';
import { pciSlot } from './qemu-slots.ts';

export function networkOptions(input: QemuInput): QemuOption[] {
  const { nic, machine } = input.spec;
  return [
    // The tap is made and torn down by Lodge, as root and before QEMU starts; QEMU only opens it.
    listOption('netdev', 'tap', { id: 'net0', ifname: nic.tap, script: 'no', downscript: 'no', vhost: false }),
    device('virtio-net-pci', {
      id: 'nic0',
      netdev: 'net0',
      mac: nic.mac,
      romfile: bootsFromNetwork(input) ? undefined : '',
      bootindex: bootIndex(input, 'n'),
      ...pciSlot(machine, 'nic'),
    }),
  ];
}

export function displayOptions({ spec, layout }: QemuInput): QemuOption[] {
  return [
    listOption('display', 'none'),
    device('VGA', { id: 'video0', ...pciSlot(spec.machine, 'video') }),
    // share=ignore: a second viewer joins instead of throwing the first one out.
    listOption('vnc', `unix:${layout.vncSocket}`, { share: 'ignore' }),
    textOption('k', spec.keymap),
  ];
}

/** The tablet gives absolute positions, so that the pointer of a VNC viewer and the guest's are the same. */
export function usbOptions({ spec, abilities }: QemuInput): QemuOption[] {
  // UHCI makes the guest poll each millisecond; xHCI does not, and every guest system knows it.
  const controller = ['qemu-xhci', 'piix3-usb-uhci'].find((name) => abilities.devices.includes(name));
  if (controller === undefined) return [];
  return [
    device(controller, { id: 'usb', ...pciSlot(spec.machine, 'usb') }),
    device('usb-tablet', { id: 'tablet0', bus: 'usb.0' }),
  ];
}

export function watchdogOptions({ spec, abilities }: QemuInput): QemuOption[] {
  if (!abilities.devices.includes('i6300esb')) return [];
  return [
    device('i6300esb', { id: 'watchdog0', ...pciSlot(spec.machine, 'watchdog') }),
    abilities.options.includes('action')
      ? listOption('action', null, { watchdog: spec.watchdog })
      : textOption('watchdog-action', spec.watchdog),
  ];
}

export function paravirtualOptions({ spec, abilities }: QemuInput): QemuOption[] {
  return [
    device('virtio-balloon-pci', {
      id: QEMU_NAMES.balloonDevice,
      // A balloon that keeps memory from a starving guest kills processes in it.
      'deflate-on-oom': true,
      'free-page-reporting': abilities.freePageReporting ? true : undefined,
      ...pciSlot(spec.machine, 'balloon'),
    }),
    listOption('object', 'rng-builtin', { id: 'rng' }),
    device('virtio-rng-pci', { id: 'rng0', rng: 'rng', ...pciSlot(spec.machine, 'rng') }),
  ];
}

/** Serial console, guest agent and monitor: unix sockets that QEMU makes; nothing waits for a client. */
export function channelOptions({ spec, layout }: QemuInput): QemuOption[] {
  const socket = (id: string, path: string, log: Record<string, string | boolean> = {}) =>
    listOption('chardev', 'socket', { id, path, server: true, wait: false, ...log });
  return [
    socket('serial', layout.serialSocket, { logfile: layout.serialLog.pipe, logappend: true }),
    device('isa-serial', { id: 'com1', chardev: 'serial' }),
    device('virtio-serial-pci', { id: 'channels', ...pciSlot(spec.machine, 'serial') }),
    socket('agent', layout.agentSocket),
    device('virtserialport', { id: 'agent0', bus: 'channels.0', chardev: 'agent', name: 'org.qemu.guest_agent.0' }),
    socket('qmp', layout.qmpSocket),
    listOption('mon', null, { chardev: 'qmp', mode: 'control' }),
  ];
}

export function deviceWarnings({ abilities }: QemuInput): string[] {
  if (['qemu-xhci', 'piix3-usb-uhci'].some((name) => abilities.devices.includes(name))) return [];
  return ['this QEMU has no USB controller: the pointer in VNC will not follow exactly'];
}
