import { LodgeError } from '../../base/errors.ts';
import { type FrameSocket, openFrameSocket } from '../../host/frame-socket.ts';
import { runIpBatch } from '../../host/ip.ts';
import { mirrorIn } from '../../host/mirror-in.ts';
import { outsideLinkPrefix } from '../../model/nat-tap-prefix.ts';
import { type Frame, parseFrame } from '../../parse/frame.ts';
import type { Wire } from '../../plan/packets/conversation.ts';
import type { PacketScene, SceneUplink } from '../../plan/packets/scene.ts';
import type { TwinSpaces } from '../../twin/spaces.ts';
import type { GuestNetwork } from '../guests/guest-network.ts';
import { keepWiresOffNetworkd } from '../nat/off-networkd.ts';
import type { UndoList } from './undo-list.ts';

const GUEST = 'guest';
const NEIGHBOUR = 'neighbour';

/** No kernel of a namespace says anything by itself: only our frames are on the wires. */
const MUTE = { 'net/ipv6/conf/eth0/disable_ipv6': '1' };

/** Where frames of a trial are sent and heard. */
export interface Wires {
  send: (wire: Wire, frame: Buffer) => void;
  close: () => Promise<void>;
}

/** Puts namespaces in the place of the two guests, attached as guests are. */
export async function plugStandIns(
  network: GuestNetwork,
  spaces: TwinSpaces,
  scene: PacketScene,
  undo: UndoList,
): Promise<void> {
  const places = [
    { space: GUEST, nic: scene.guest },
    { space: NEIGHBOUR, nic: scene.neighbour },
  ];
  await spaces.add(...places.map(({ space }) => space), ...scene.uplinks.map((_, index) => outsideSpace(index)));
  for (const { space, nic } of places) {
    undo.add(() => network.detach(nic));
    await network.attach(nic, { namespace: spaces.nameOf(space) }).catch(notAttached);
    await spaces.setUp(space, { settings: MUTE }, { ip: ['link set eth0 up'] });
  }
  undo.add(() => network.standIn([]));
  await network.standIn(places.map(({ space, nic }) => ({ name: `lodge-${space}`, nic }))).catch(notAttached);
}

function notAttached(cause: unknown): never {
  throw new LodgeError('NETWORK_FAILED', 'a guest cannot be attached', { cause });
}

/**
 * A wire before each uplink: what is said on it comes in by the uplink, as from outside. Nothing goes the other way. Uplinks
 * without Ethernet are left out.
 */
export async function plugOutside(spaces: TwinSpaces, scene: PacketScene, undo: UndoList): Promise<void> {
  await keepWiresOffNetworkd(
    scene.network,
    scene.uplinks.flatMap(({ mac }) => mac ?? []),
  );
  for (const [index, { name, mac }] of scene.uplinks.entries()) {
    if (mac === null) continue;
    const link = outsideLink(scene, index);
    const space = outsideSpace(index);
    undo.add(() => runIpBatch([`link delete dev ${link}`], { force: true }));
    await runIpBatch([
      `link add dev ${link} address ${mac} type veth peer name eth0 netns ${spaces.nameOf(space)}`,
      `link set dev ${link} addrgenmode none`,
      `link set dev ${link} up`,
    ]);
    await mirrorIn(link, name);
    await spaces.setUp(space, { settings: MUTE }, { ip: ['link set eth0 up'] });
  }
}

function outsideLink({ network }: Pick<PacketScene, 'network'>, index: number): string {
  return `${outsideLinkPrefix(network)}${index}`;
}

function outsideSpace(index: number): string {
  return `outside${index}`;
}

export async function openWires(
  spaces: TwinSpaces,
  uplinks: readonly SceneUplink[],
  hear: (wire: Wire, frame: Frame) => void,
): Promise<Wires> {
  const places: { wire: Wire; space: string }[] = [
    { wire: 'guest', space: GUEST },
    { wire: 'neighbour', space: NEIGHBOUR },
    ...uplinks.flatMap(({ name, mac }, index) =>
      mac === null ? [] : [{ wire: `outside:${name}` as const, space: outsideSpace(index) }],
    ),
  ];
  const sockets = new Map<Wire, FrameSocket>();
  const close = async () => {
    await Promise.all([...sockets.values()].map((socket) => socket.close()));
  };
  try {
    await Promise.all(
      places.map(async ({ wire, space }) => {
        const socket = await openFrameSocket(spaces.nameOf(space), 'eth0', (frame) => hear(wire, parseFrame(frame)));
        sockets.set(wire, socket);
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { send: (wire, frame) => sockets.get(wire)?.send(frame), close };
}
