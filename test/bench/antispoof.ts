/**
 * Packet rate through the anti-spoofing of 1,000 guests against the same path without it: UDP with 64 bytes, one flow,
 * veth in the place of tap. Both are measured in turns in one run.
 */
import { parseIpv4 } from '../../src/base/address.ts';
import { unwrap } from '../../src/base/parsed.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { connectionShares } from '../../src/plan/connection-share.ts';
import { nameShare } from '../../src/plan/name-share.ts';
import { renderNatRuleset } from '../../src/render/nat-ruleset.ts';
import { renderShares, sharesTableName } from '../../src/render/nat-shares.ts';
import {
  INTERNET,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  plugGuest,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { Namespaces } from '../support/netns.ts';
import { measurePairs, median, type Row } from './measure.ts';

const GUESTS = 1000;
const ROUNDS = 15;
const ROUND_MS = 1000;
const SENDER = `
const socket = require('node:dgram').createSocket('udp4');
const end = Date.now() + ${ROUND_MS};
const body = Buffer.alloc(64);
let pending = 0;
function pump() {
  while (pending < 64) {
    pending += 1;
    socket.send(body, 9, process.argv[1], () => { pending -= 1; });
  }
  if (Date.now() < end) setImmediate(pump); else socket.close();
}
pump();
`;

const LEAST_RATIO = 0.9;

export async function benchAntispoof(): Promise<Row[]> {
  const spaces = new Namespaces('nb');
  const directory = await makeDirectory();
  try {
    const network = newNetwork('');
    const guests: NatGuest[] = [];
    for (let number = 1; number <= GUESTS; number += 1) guests.push(newGuest(network, number, guests));
    const sender = guests[GUESTS / 2];
    if (sender === undefined) throw new Error('no sender');
    await makeHostAndInternet(spaces);
    await plugGuest(spaces, network, sender, { isStatic: true });
    const link = startInstance(spaces, directory, network);
    await link.call('createTap', sender.nic);
    await link.call('apply', guests);
    const target = unwrap(parseIpv4(INTERNET.ipv4));
    const rules = renderNatRuleset(network, guests, { note: '', families: 'both', ports: { dns: 334, dhcp: 325 } });
    const shares = connectionShares(
      guests.map(({ nic }) => nic),
      null,
    );
    const guarded =
      rules + renderShares(network, shares, { names: nameShare(GUESTS), present: null, families: 'both' });
    // The same tables, of which only the looks at the sets, at what is tracked and at shares are gone.
    const looks =
      / {4}(iifname "lg[^"]*" (meta nfproto vmap|goto guard_guest)|ct state vmap|ip6? saddr \S+ goto leave_private).*\n/g;
    const plain = `${rules.replace(looks, '')}flush table inet ${sharesTableName(network)}\n`;
    const rate = async (rules: string) => {
      await spaces.nft('host', rules);
      return measure(spaces, sender.name, target);
    };
    const rates = await measurePairs(
      ROUNDS,
      () => rate(guarded),
      () => rate(plain),
    );
    const ratio = median(rates.ours) / median(rates.peer);
    const text = (values: number[]) => `${Math.round(median(values)).toLocaleString('en')} packets/s`;
    return [
      {
        what: `packet rate through the anti-spoofing of ${GUESTS} guests, against the same path without it`,
        ours: text(rates.ours),
        peer: text(rates.peer),
        ratio,
        budget: `at least ${LEAST_RATIO} ×`,
        met: ratio >= LEAST_RATIO,
      },
    ];
  } finally {
    await spaces.close();
    await removeDirectory(directory);
  }
}

async function measure(spaces: Namespaces, from: string, target: string): Promise<number> {
  const received = async () => {
    const { stdout } = await spaces.run('internet', 'ip', ['-j', '-s', 'link', 'show', 'dev', 'eth0']);
    return (JSON.parse(stdout) as { stats64: { rx: { packets: number } } }[])[0]?.stats64.rx.packets ?? 0;
  };
  const before = await received();
  await spaces.run(from, process.execPath, ['-e', SENDER, target]);
  return ((await received()) - before) / (ROUND_MS / 1000);
}
