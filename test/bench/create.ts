import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import type { GuestDetail } from '../../src/model/guest-view.ts';
import { createOverlay } from '../../src/qemu/images.ts';
import { openStore } from '../../src/store/store.ts';
import { cachedImage } from '../support/cached-image.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { figure, measurePairs, median, type Row, timeProcess } from './measure.ts';

const ROUNDS = 5;
const MOST_RATIO = 1.05;

/**
 * `lodge create` from an image that is there, against its own QEMU command started by hand on an overlay, identity and
 * tap that were made beforehand: what everything around QEMU costs.
 */
export async function benchCreate(lodge: string): Promise<Row[]> {
  const image = await cachedImage('debian-12');
  const instance = await LodgeInstance.open('lgbc', lodge);
  try {
    await instance.addImage('debian-12', image, 'credentials');
    const create = async (name: string) => {
      return timeProcess(lodge, ['create', name, '--image', 'debian-12'], { LODGE_ROOT: instance.root });
    };
    // The first create chooses networks and accelerator, makes keys, and fills the page cache; its guest lends the peer all it has.
    await create('model');
    const model = await instance.show('model');
    const command = await instance.json<string[]>(['command', 'model']);
    await instance.run(['kill', 'model']);
    const byHand = async () => {
      await prepare(instance, model);
      const script = [
        'exec',
        instance.namespaces.nameOf('host'),
        process.execPath,
        join(import.meta.dirname, 'by-hand.ts'),
      ];
      const { stdout } = await exec('ip', ['netns', ...script, model.ssh.address ?? '', ...command], { timeoutMs: 0 });
      return Number(stdout) / 1000;
    };
    const ours = async (round: number) => {
      const ms = await create(`guest-${round}`);
      await instance.run(['rm', `guest-${round}`, '--yes']);
      return ms / 1000;
    };
    const pairs = await measurePairs(ROUNDS, ours, byHand);
    const ratio = median(pairs.ours) / median(pairs.peer);
    return [
      {
        what: '`lodge create` from an image that is there until SSH answers, against the same QEMU command by hand',
        ours: figure(pairs.ours, 's'),
        peer: figure(pairs.peer, 's'),
        ratio,
        budget: `at most ${MOST_RATIO} ×`,
        met: ratio <= MOST_RATIO,
      },
    ];
  } finally {
    await instance.close();
  }
}

/** A new overlay in the old one's place, the directory for sockets, and the tap, as Lodge makes it but without its rules. */
async function prepare(instance: LodgeInstance, { spec, paths }: GuestDetail): Promise<void> {
  const { sizeBytes } = spec.disk;
  await rm(paths.disk, { force: true });
  const image = `${instance.layout.imagesDir}/debian-12.qcow2`;
  await createOverlay({ path: paths.disk, backing: { path: image, format: 'qcow2' }, sizeBytes });
  await mkdir(`${instance.layout.runDir}/guests/${spec.name}`, { recursive: true });
  const { tap, mac, ipv4 } = spec.nic;
  const store = openStore(instance.layout.database);
  const { ipv4Gateway } = store.settings.get('natNetwork') as NatNetwork;
  store.close();
  await exec('ip', ['-n', instance.namespaces.nameOf('host'), 'link', 'delete', tap], { okExitCodes: [0, 1] });
  await instance.namespaces.ip('host', [
    `tuntap add dev ${tap} mode tap`,
    `link set dev ${tap} up`,
    `address add ${ipv4Gateway}/32 dev ${tap}`,
    `route add ${ipv4}/32 dev ${tap}`,
    `neighbour replace ${ipv4} lladdr ${mac} dev ${tap} nud permanent`,
  ]);
}
