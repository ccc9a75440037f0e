import { cachedImage } from '../support/cached-image.ts';
import { cloudImage } from '../support/cloud-image.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { figure, measurePairs, median, type Row, timeProcess } from './measure.ts';

const ROUNDS = 3;
const MOST_RATIO = 0.25;

/** Our image against a stock Debian 12 with cloud-init, both by `lodge create`: the same QEMU, only the disks differ. */
export async function benchBoot(lodge: string): Promise<Row[]> {
  const images = { ours: await cachedImage('debian-12'), stock: await cloudImage() };
  const instance = await LodgeInstance.open('lgbb', lodge);
  const create = async (image: string) => {
    const name = `from-${image}`;
    const ms = await timeProcess(lodge, ['create', name, '--image', image], { LODGE_ROOT: instance.root });
    await instance.run(['rm', name, '--yes']);
    return ms / 1000;
  };
  try {
    await instance.addImage('ours', images.ours, 'credentials');
    await instance.addImage('stock', images.stock, 'nocloud');
    // Once for the network, the keys and the page cache.
    await create('ours');
    const pairs = await measurePairs(
      ROUNDS,
      () => create('ours'),
      () => create('stock'),
    );
    const ratio = median(pairs.ours) / median(pairs.peer);
    return [
      {
        what: '`lodge create` until SSH answers from our image, against a stock Debian 12 with cloud-init',
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
