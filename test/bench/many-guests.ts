import { randomUUID } from 'node:crypto';
import type { Ipv4Address, Ipv6Address, MacAddress } from '../../src/base/address.ts';
import { pathExists } from '../../src/host/files.ts';
import type { GuestRecord } from '../../src/model/guest-record.ts';
import { openStore } from '../../src/store/store.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { figure, measurePairs, median, type Row, timeProcess } from './measure.ts';
import { Peer, residentMiB } from './peer.ts';

const GUESTS = 1000;
const RUNNING = 10;
const ROUNDS = 25;
const LIST_MS = 60;
const LIST_RATIO = 0.2;
const MEMORY_MB = 100;

/** `ls` and the daemon's memory with a thousand guests, ten of which run; `virsh list` and libvirtd with as many. */
export async function benchManyGuests(lodge: string): Promise<Row[]> {
  const instance = await LodgeInstance.open('lgbm', lodge);
  try {
    await defineGuests(instance);
    const peer = await Peer.start(instance.namespaces, defineDomains());
    try {
      return await compare(instance, lodge, peer);
    } finally {
      await peer.stop();
    }
  } finally {
    await instance.close();
  }
}

async function compare(instance: LodgeInstance, lodge: string, peer: Peer): Promise<Row[]> {
  const lines = async (text: Promise<{ stdout: string }>) => (await text).stdout.match(/^.*guest-\d+.*$/gm)?.length;
  const listed = [await lines(instance.run(['ls'])), await lines(peer.virsh('list', '--all'))];
  if (listed[0] !== GUESTS - RUNNING || listed[1] !== GUESTS) throw new Error(`listed ${listed.join(' and ')}`);
  const env = { LODGE_ROOT: instance.root };
  const { ours, peer: theirs } = await measurePairs(
    ROUNDS,
    () => timeProcess(lodge, ['ls'], env),
    () => timeProcess(...peer.command('list', '--all')),
  );
  const ratio = median(ours) / median(theirs);
  const daemon = await instance.daemonPid();
  if (daemon === null) throw new Error('there is no daemon');
  // Megabytes of 1024 KiB, as the system's own tools show them.
  const [memory, theirMemory] = [await residentMiB(daemon), await peer.residentMiB()];
  return [
    {
      what: `\`lodge ls\` with ${GUESTS} guests, whole process, against \`virsh list --all\``,
      ours: figure(ours, 'ms'),
      peer: figure(theirs, 'ms'),
      ratio,
      budget: `under ${LIST_MS} ms, at most ${LIST_RATIO} ×`,
      met: median(ours) < LIST_MS && ratio <= LIST_RATIO,
    },
    {
      what: `resident memory of the daemon, ${GUESTS} guests defined, ${RUNNING} running, against libvirtd with none running`,
      ours: figure([memory], 'MB'),
      peer: figure([theirMemory], 'MB'),
      ratio: memory / theirMemory,
      budget: `under ${MEMORY_MB} MB`,
      met: memory < MEMORY_MB,
    },
  ];
}

/** Ten real guests, and copies of their record under other names. */
async function defineGuests(instance: LodgeInstance): Promise<void> {
  for (let number = 0; number < RUNNING; number += 1) {
    const size = ['--image', 'none', '--disk', '64MiB', '--memory', '64MiB'];
    const { exitCode, stderr } = await instance.run(['create', `tiny-${number}`, ...size]);
    if (exitCode !== 0) throw new Error(stderr);
  }
  const daemon = await instance.daemonPid();
  await instance.run(['daemon', 'stop']);
  await eventually('the daemon ends', async () => !(await pathExists(`/proc/${daemon}/exe`)));
  const store = openStore(instance.layout.database);
  const model = store.guests.find('tiny-0');
  if (model === null) throw new Error('there is no tiny-0');
  store.transaction(() => {
    for (let number = RUNNING; number < GUESTS; number += 1) store.guests.insert(copyOf(model, number));
  });
  store.close();
  const { exitCode, stderr } = await instance.run(['daemon', 'start']);
  if (exitCode !== 0) throw new Error(stderr);
}

function copyOf(model: GuestRecord, number: number): GuestRecord {
  const high = Math.floor(number / 256);
  const low = number % 256;
  const hex = number.toString(16).padStart(4, '0');
  const nic = {
    ...model.spec.nic,
    mac: `52:54:00:ff:${hex.slice(0, 2)}:${hex.slice(2)}` as MacAddress,
    tap: `${model.spec.nic.tap.slice(0, 6)}0000${hex}`,
    ipv4: `${model.spec.nic.ipv4?.split('.').slice(0, 2).join('.')}.${high + 4}.${low}` as Ipv4Address,
    ipv6: `${model.spec.nic.ipv6?.split('::')[0]}::ff:${hex}` as Ipv6Address,
  };
  const spec = { ...model.spec, name: `guest-${number}`, uuid: randomUUID(), nic };
  return { ...model, spec, phase: 'stopped', wanted: 'stopped', runningGeneration: null, runningSpec: null };
}

function defineDomains(): Map<string, string> {
  const domains = new Map<string, string>();
  for (let number = 0; number < GUESTS; number += 1) {
    const name = `guest-${number}`;
    const machine = "<os><type arch='x86_64' machine='pc'>hvm</type></os>";
    const size = "<memory unit='MiB'>64</memory><vcpu>1</vcpu>";
    domains.set(
      name,
      `<domain type='qemu'><name>${name}</name><uuid>${randomUUID()}</uuid>${size}${machine}</domain>\n`,
    );
  }
  return domains;
}
