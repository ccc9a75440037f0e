import type { GuestDetail, GuestRow, Operation } from '../../src/api/types.ts';
import type { Ipv4Address, Ipv6Address, MacAddress } from '../../src/base/address.ts';
import type { OperationStep } from '../../src/model/operation.ts';

/** A row of `lodge ls`. */
export function guestRow(name: string, changes: Partial<GuestRow> = {}): GuestRow {
  return {
    name,
    phase: 'running',
    ipv4: '10.83.0.2',
    ipv6: 'fd12:3456:789a::2',
    memoryMiB: 1024,
    vcpus: 1,
    image: 'debian-12',
    ...changes,
  };
}

/** A running guest with every default. */
export function guestDetail(name: string, changes: Partial<GuestDetail> = {}): GuestDetail {
  return {
    spec: {
      version: 1,
      name,
      uuid: '6f0b5f0e-2a6c-4a43-9d3b-0f3c1f2f7a11',
      image: 'debian-12',
      iso: null,
      memoryMiB: 1024,
      vcpus: 1,
      disk: { format: 'qcow2', sizeBytes: 10 * 1024 ** 3, cache: 'none', discard: 'unmap' },
      machine: 'pc',
      firmware: 'bios',
      cpu: 'auto',
      accel: 'auto',
      boot: { order: 'c', once: null },
      keymap: 'en-us',
      watchdog: 'reset',
      restartPolicy: 'on-failure',
      startWithHost: true,
      identity: 'credentials',
      sshKeys: [],
      userData: null,
      nic: {
        link: 'nat',
        mac: '52:54:00:12:34:56' as MacAddress,
        tap: 'lodge0',
        ipv4: '10.83.0.2' as Ipv4Address,
        ipv6: 'fd12:3456:789a::2' as Ipv6Address,
        publish: [],
      },
    },
    phase: 'running',
    generation: 1,
    running: null,
    pendingRestart: false,
    pending: [],
    pid: 4711,
    accel: 'tcg',
    startedAtMs: Date.UTC(2026, 10, 23, 15, 4, 5),
    createdAtMs: Date.UTC(2026, 10, 23, 15, 4, 0),
    lastError: null,
    ipv6Off: null,
    memoryActualMiB: null,
    diskStoredBytes: null,
    paths: {
      directory: `/var/lib/lodge/guests/${name}`,
      disk: `/var/lib/lodge/guests/${name}/disk.qcow2`,
      qmpSocket: `/run/lodge/guests/${name}/qmp.sock`,
      serialSocket: `/run/lodge/guests/${name}/serial.sock`,
      vncSocket: `/run/lodge/guests/${name}/vnc.sock`,
      serialLog: `/var/lib/lodge/guests/${name}/serial.log`,
      qemuLog: `/var/lib/lodge/guests/${name}/qemu.log`,
    },
    ssh: {
      user: 'root',
      address: '10.83.0.2',
      port: 22,
      identityFile: '/var/lib/lodge/ssh/id_ed25519',
      knownHostsFile: `/var/lib/lodge/guests/${name}/known_hosts`,
      hostKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDummy'],
    },
    operation: null,
    ...changes,
  };
}

export function operationStep(id: string, changes: Partial<OperationStep> = {}): OperationStep {
  return {
    id,
    title: id,
    why: 'because',
    state: 'pending',
    startedAtMs: null,
    endedAtMs: null,
    detail: null,
    ...changes,
  };
}

export function operation(changes: Partial<Operation> = {}): Operation {
  return {
    id: 'op7',
    kind: 'guest.create',
    subject: 'web1',
    state: 'running',
    steps: [],
    error: null,
    createdAtMs: Date.UTC(2026, 10, 23, 15, 4, 0),
    endedAtMs: null,
    ...changes,
  };
}
