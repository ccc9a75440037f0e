import { shellWord } from '../base/quoting/shell-word.ts';
import { editOf, familyName, ipProgram } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { globalAddresses, isOthersBridge, linkNamed, portsOf } from './network-scene.ts';

export const bridgeWithoutPorts: ExplainRule = {
  id: 'bridge-without-ports',
  judge: ({ facts }) =>
    facts.links
      .filter((link) => link.kind === 'bridge' && !isOthersBridge(link) && portsOf(facts, link.name).length === 0)
      .map(({ name }) => ({
        level: 'note',
        what: `the bridge ${name} has no port`,
        cause: 'no guest runs on it, or its last port was taken out.',
        consequence:
          `without a port ${name} has no carrier: systemd-networkd takes its addresses away, and routes over it are \`linkdown\`, until ` +
          'the next port comes.',
        fix: keepUp(name),
      })),
};

/** A name has fifteen characters at most (IFNAMSIZ). */
function keepUp(bridge: string): string {
  const keeper = shellWord(`${bridge.slice(0, 10)}-keep`);
  return `where it has to stay up: ip link add ${keeper} type dummy; ip link set ${keeper} master ${shellWord(bridge)} up; networkd: ConfigureWithoutCarrier=yes`;
}

/** The seed's dummy0. */
export const bridgeDummyPort: ExplainRule = {
  id: 'bridge-dummy-port',
  judge: ({ facts, intent, uplink }) =>
    facts.links
      .filter(({ kind, master }) => kind === 'dummy' && linkNamed(facts, master ?? '')?.kind === 'bridge')
      .map(({ name, master, mac }) => {
        const isUplinks = uplink !== null && uplink.master === master;
        const isWritten = intent.links.some((link) => link.name === master && link.ports.includes(name));
        return {
          level: isUplinks ? 'surprise' : 'note',
          what: `${name} is a port of ${master}: a link with nothing behind it`,
          cause:
            `a dummy is always up, so ${master} keeps its carrier and with it its addresses when it has no other port ` +
            '(systemd-networkd deconfigures a bridge that loses its last one).',
          consequence: isUplinks
            ? `none for packets. ${uplink.name} is always a port of ${master}, so ${name} is not needed; its MAC ${mac ?? '?'} is one more that ` +
              `${master} can take, as long as its MAC is not pinned.`
            : `none for packets: it keeps ${master} alive between guests.`,
          fix: isUplinks
            ? `ip link set dev ${shellWord(name)} nomaster` +
              (isWritten ? `; and take ${name} out of the ports of ${master} in the files` : '')
            : null,
        };
      }),
};

export const uplinkWithoutAddress: ExplainRule = {
  id: 'uplink-without-address',
  judge({ facts, uplink, uplinkBridge }) {
    if (uplink === null || uplinkBridge === null) return [];
    const addresses = globalAddresses(facts, uplinkBridge.name);
    if (addresses.length === 0 || globalAddresses(facts, uplink.name).length > 0) return [];
    return [
      {
        level: 'note',
        what: `${uplink.name} has no address of its own, ${uplinkBridge.name} has it`,
        cause: `${uplink.name} is a port of ${uplinkBridge.name}; only the bridge itself talks IP.`,
        consequence: `none: it must be so. Rules of a firewall that name ${uplink.name} have to name ${uplinkBridge.name}.`,
        fix: null,
      },
    ];
  },
};

export const addressOnPort: ExplainRule = {
  id: 'address-on-port',
  judge: ({ facts }) =>
    facts.links
      .filter(({ master }) => linkNamed(facts, master ?? '')?.kind === 'bridge')
      .flatMap(({ name, master }) =>
        globalAddresses(facts, name).map((address) => ({ name, bridge: master ?? '', address })),
      )
      .map(({ name, bridge, address: { address, prefixLength, family, peer } }) => {
        const words = peer === null ? `${address}/${prefixLength}` : `${address} peer ${peer}/${prefixLength}`;
        const ip = ipProgram(family);
        return {
          level: 'alarm',
          what: `${name} has the address ${address}/${prefixLength}, though it is a port of ${bridge}`,
          cause: `two stanzas configure it, or ${name} was put into ${bridge} by hand and kept its address.`,
          consequence:
            `what arrives at ${name} is ${bridge}'s: answers to ARP and ${familyName(family)} neighbour requests that ${name} sends never come back ` +
            `to it. Routes over ${name} are dead.`,
          fix: `${ip} address replace ${words} dev ${shellWord(bridge)}; ${ip} address delete ${words} dev ${shellWord(name)}; and move it in the files`,
        };
      }),
};

export const stpOn: ExplainRule = {
  id: 'stp-on',
  judge: (scene) =>
    scene.facts.links
      .filter((link) => link.bridge?.stp === true && !isOthersBridge(link))
      .map(({ name, bridge }) => {
        const isUplinks = scene.uplink?.master === name;
        const delaySec = (bridge?.forwardDelayMs ?? 0) / 1000;
        const waiting = portsOf(scene.facts, name).filter(({ bridgePort }) =>
          /^(listening|learning|blocking)$/.test(bridgePort?.state ?? ''),
        );
        const now =
          waiting.length === 0
            ? ''
            : ` Now: ${waiting.map((port) => `${port.name} is ${port.bridgePort?.state}`).join(', ')}.`;
        return {
          level: isUplinks ? 'alarm' : 'surprise',
          what: `the spanning tree is on at ${name}, with a forward delay of ${delaySec} s`,
          cause: 'the file or program that makes the bridge asks for it, or did not say otherwise.',
          consequence:
            `every port that comes up is deaf for ${2 * delaySec} s, twice the delay, and so is the host at each ifup.${now}` +
            (isUplinks
              ? ` ${name} also sends its own frames (BPDUs) to the provider's switch, which may shut the port for them.`
              : ''),
          // One after the other: the kernel refuses a delay of 0 as long as the tree is on (br_set_forward_delay).
          fix: `ip link set dev ${shellWord(name)} type bridge stp_state 0; ip link set dev ${shellWord(name)} type bridge forward_delay 0; ${editOf(scene, name, { kind: 'stp', value: '' })}`,
        };
      }),
};
