import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { sleep } from '../../src/base/clock.ts';
import { type ExecResult, exec } from '../../src/host/exec.ts';
import { pathExists } from '../../src/host/files.ts';
import type { GuestIdentity } from '../../src/model/guest-network.ts';
import { credentialFiles, renderCredentials } from '../../src/render/identity.ts';

interface Boot {
  /** Where the guest's files are; the disk in it is made when it is not there. */
  dir: string;
  image: string;
  firmware: 'bios' | 'uefi';
  identity: GuestIdentity;
  /** A NoCloud seed, for an image that takes no credentials. */
  seed?: string;
}

/** A guest under emulation on QEMU's own network, started with no code of the product but the identity's. */
export interface BootedGuest extends AsyncDisposable {
  /** Runs a command as root by the key; the host key must be the identity's. */
  ssh(privateKeyPath: string, command: string, options?: string[]): Promise<ExecResult>;
  waitForSsh(): Promise<void>;
  /** Polls a command until it answers what is wanted. */
  until(privateKeyPath: string, command: string, wanted: RegExp): Promise<string>;
}

const BOOT_LIMIT_MS = 240_000;

export async function bootQemu(boot: Boot): Promise<BootedGuest> {
  const { dir, identity } = boot;
  const port = await freePort();
  const serialLog = join(dir, 'serial.log');
  const knownHosts = join(dir, 'known_hosts');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${identity.hostKeyPublic}\n`);
  const args = [...machine(boot), ...(await drives(boot)), ...(await identityArguments(boot)), ...network(boot, port)];
  const qemu = spawn('qemu-system-x86_64', [...args, '-serial', `file:${serialLog}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let ended = '';
  let said = '';
  qemu.stderr.on('data', (chunk) => {
    said += chunk;
  });
  qemu.on('exit', (code) => {
    ended = `QEMU exited with ${code}: ${said}`;
  });
  const fail = async (what: string) => {
    const log = await readFile(serialLog, 'utf8').catch(() => '');
    throw new Error(`${what}; ${ended}; the serial console last said:\n${log.slice(-1500)}`);
  };
  const guest: BootedGuest = {
    ssh: (key, command, options = []) =>
      exec('ssh', [...sshOptions(port, key, knownHosts), ...options, 'root@127.0.0.1', command], {
        okExitCodes: [0, 1, 255],
      }),
    async waitForSsh() {
      const deadlineMs = Date.now() + BOOT_LIMIT_MS;
      while (!(await hasBanner(port))) {
        if (ended !== '' || Date.now() > deadlineMs) await fail('no SSH banner came');
        await sleep(100);
      }
    },
    async until(key, command, wanted) {
      const deadlineMs = Date.now() + BOOT_LIMIT_MS;
      for (;;) {
        const { stdout } = await guest.ssh(key, command);
        if (wanted.test(stdout)) return stdout;
        if (ended !== '' || Date.now() > deadlineMs) await fail(`${command} said ${stdout}, not ${wanted}`);
        await sleep(300);
      }
    },
    async [Symbol.asyncDispose]() {
      if (qemu.exitCode !== null || qemu.signalCode !== null) return;
      const over = once(qemu, 'exit');
      qemu.kill('SIGKILL');
      await over;
    },
  };
  return guest;
}

function machine({ identity }: Boot): string[] {
  const plain = ['-machine', 'pc', '-accel', 'tcg', '-cpu', 'max', '-m', '1024', '-display', 'none', '-nodefaults'];
  return [...plain, '-vga', 'std', '-uuid', identity.uuid, '-device', 'virtio-rng-pci', '-device', 'i6300esb'];
}

async function drives({ dir, image, firmware, seed }: Boot): Promise<string[]> {
  const disk = join(dir, 'disk.qcow2');
  // Not made anew when it is there: the guest boots again from what it has written.
  if (!(await pathExists(disk))) {
    await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', image, disk, '10G']);
  }
  const args = ['-drive', `if=virtio,file=${disk},format=qcow2,cache=writeback,discard=unmap`];
  if (seed !== undefined) args.push('-drive', `if=ide,media=cdrom,readonly=on,format=raw,file=${seed}`);
  if (firmware === 'uefi') {
    const variables = join(dir, 'vars.fd');
    await exec('cp', ['/usr/share/OVMF/OVMF_VARS_4M.fd', variables]);
    args.push('-drive', 'if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd');
    args.push('-drive', `if=pflash,format=raw,file=${variables}`);
  }
  return args;
}

async function identityArguments({ dir, identity, seed }: Boot): Promise<string[]> {
  if (seed !== undefined) return [];
  const directory = join(dir, 'credentials');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const args: string[] = [];
  for (const { fileName, content } of credentialFiles(renderCredentials(identity))) {
    await writeFile(join(directory, fileName), content);
    args.push('-smbios', `type=11,path=${join(directory, fileName)}`);
  }
  return args;
}

function network({ identity }: Boot, port: number): string[] {
  const { mac, ipv4 } = identity.addressing;
  const forward = `hostfwd=tcp:127.0.0.1:${port}-${ipv4?.address}:22`;
  const nic = ['-netdev', `user,id=net0,${forward}`, '-device', `virtio-net-pci,netdev=net0,mac=${mac}`];
  // The guest's agent starts when it sees its port.
  const agent = ['-chardev', 'null,id=agent', '-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'];
  return [...nic, '-device', 'virtio-serial-pci', ...agent];
}

function sshOptions(port: number, privateKeyPath: string, knownHosts: string): string[] {
  const settings = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'BatchMode=yes',
    'ConnectTimeout=30',
  ];
  const login = ['IdentitiesOnly=yes', 'IdentityAgent=none', `IdentityFile=${privateKeyPath}`, 'LogLevel=ERROR'];
  return ['-F', 'none', '-p', String(port), ...[...settings, ...login].flatMap((setting) => ['-o', setting])];
}

/** QEMU takes the connection at once and the guest later: only a banner tells. */
function hasBanner(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1000, () => end(false));
    socket.once('data', (chunk) => end(chunk.toString().startsWith('SSH-2.0')));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
