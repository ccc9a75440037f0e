/**
 * Tries packets as the daemon does, in the network namespace this process was started in. One JSON request a line on stdin
 * (`{"method","args"}`), one JSON answer a line on stdout (`{"result"}` or `{"error"}`).
 */
import { createInterface } from 'node:readline';
import { explainError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import { observeNetworkFacts } from '../../src/engine/doctor/observe-network.ts';
import { tryGuestPackets } from '../../src/engine/doctor/try-guest-packets.ts';
import { GuestNetwork } from '../../src/engine/guests/guest-network.ts';
import { createNatLink } from '../../src/engine/nat/link.ts';
import { PacketTrials } from '../../src/engine/packets/packet-trials.ts';
import type { NatNetwork } from '../../src/model/guest-network.ts';
import { layoutOf } from '../../src/model/layout.ts';
import type { NatGuest } from '../../src/model/nat-guest.ts';
import { judgeNetwork } from '../../src/plan/judge-host.ts';
import { judgeTrial } from '../../src/plan/packets/judge-report.ts';
import type { Store } from '../../src/store/store.ts';

const { root, network, isSetUp } = JSON.parse(process.argv[2] ?? '{}') as {
  root: string;
  network: NatNetwork;
  isSetUp: boolean;
};
const layout = layoutOf(root);
const { stateDir, runDir } = layout;
let guests: NatGuest[] = [];
const records = () => guests.map(({ name, nic }) => ({ spec: { name, nic }, phase: 'running' }));
const store = { guests: { list: records, rows: records } } as unknown as Store;
const link = createNatLink({ network, stateDir, runDir, qemuUid: 65_534, qemuGid: 65_534 });
const guestNetwork = new GuestNetwork(store, { network: async () => network, link: async () => link });
const trials = new PacketTrials({ store, layout, random: systemRandom, network: guestNetwork });

const methods: Record<string, (...args: never[]) => Promise<unknown>> = {
  try: () => trials.try(),
  tryTwice: () => Promise.all([trials.try(), trials.try()]),
  sweep: () => trials.sweep(),
  doctor: async () => {
    const packets = { tryPackets: () => trials.try(), isSetUp: async () => isSetUp };
    const [trial, network] = await Promise.all([tryGuestPackets(packets), observeNetworkFacts()]);
    return [judgeTrial(trial), ...judgeNetwork(network)];
  },
  guests: async (wanted: NatGuest[]) => {
    guests = wanted;
    for (const { nic } of wanted) await guestNetwork.attach(nic, { uid: 65_534, gid: 65_534 });
    await guestNetwork.refresh();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { method, args } = JSON.parse(line) as { method: string; args: never[] };
  const answer = await (methods[method] ?? (() => Promise.reject(new Error(`no method ${method}`))))(...args).then(
    (result) => ({ result: result ?? null }),
    (error: unknown) => ({ error: explainError(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
