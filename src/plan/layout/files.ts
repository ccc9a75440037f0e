import { BLANKED } from '../../base/blanked.ts';
import type { Problem } from '../../base/errors.ts';
import type { NetworkFacts } from '../../model/network-facts.ts';
import type { Finding } from '../../model/network-finding.ts';
import type { NetworkIntent } from '../../model/network-intent.ts';
import type { FileChange, NetworkLayout } from '../../model/network-plan.ts';
import { interfacesBridgeFiles, pinInterfacesBridge } from '../bridge-files/ifupdown.ts';
import type { BridgeFiles, BridgeFilesInput, WantedAddress, WantedRoute } from '../bridge-files/input.ts';
import { netplanBridgeFiles } from '../bridge-files/netplan.ts';
import { networkdBridgeFiles } from '../bridge-files/networkd.ts';
import { GUEST_GATEWAY_IPV6 } from './guest-attachment.ts';
import type { Situation } from './situation.ts';
import { addressOn, routeOver } from './steps.ts';
import { bridgeMac, servedSubnet, subnetGateway } from './subnet-bridge.ts';

export type PlannedFiles = { ok: true; files: FileChange[]; findings: Finding[] } | { ok: false; problems: Problem[] };

/** What the system's own files have to say so that a boot gives what the steps give. The routed layout needs none of them. */
export function planFiles(
  situation: Situation,
  layout: NetworkLayout,
  bridge: string,
  intent: NetworkIntent,
): PlannedFiles {
  switch (layout) {
    case 'routed':
      return { ok: true, files: [], findings: [] };
    case 'bridged':
      return situation.layer3 === situation.uplink
        ? bridgeFiles(
            situation,
            overUplink(situation, bridge),
            `${bridge} has the addresses of ${situation.uplink.name}`,
          )
        : pinFiles(situation, intent);
    case 'subnet-bridge':
      return bridgeFiles(situation, forSubnet(situation, bridge), `${bridge} is there at the next boot`);
  }
}

function overUplink(situation: Situation, name: string): BridgeFilesInput {
  const { facts, uplink, addresses, routes } = situation;
  return {
    files: facts.files,
    links: facts.links,
    uplink: uplink.name,
    bridge: { name, mac: uplink.mac ?? '' },
    addresses: addresses.filter(({ isDynamic }) => !isDynamic).map((address) => addressOn(name, address)),
    routes: routes.filter(({ protocol }) => !['ra', 'dhcp'].includes(protocol)).map((route) => routeOver(name, route)),
    needsAdvertisements: routes.some(({ protocol }) => protocol === 'ra'),
    acceptRa: facts.sysctls[`net/ipv6/conf/${uplink.name}/accept_ra`],
  };
}

function forSubnet({ facts, host, uplink }: Situation, name: string): BridgeFilesInput {
  const subnet = servedSubnet(host);
  const gateway: WantedAddress = { family: 'ipv6', address: GUEST_GATEWAY_IPV6, prefixLength: 64, peer: null };
  const routes: WantedRoute[] = [];
  return {
    files: facts.files,
    links: facts.links,
    uplink: null,
    bridge: { name, mac: bridgeMac(uplink.mac ?? '', name) },
    addresses: [...(subnet === null ? [] : [subnetGateway(name, subnet)]), ...(host.ipv6 === null ? [] : [gateway])],
    routes,
    needsAdvertisements: false,
  };
}

function bridgeFiles(situation: Situation, input: BridgeFilesInput, why: string): PlannedFiles {
  return toChanges(situation.facts, renderBridge(situation, input), why);
}

function renderBridge({ owner }: Situation, input: BridgeFilesInput): BridgeFiles {
  switch (owner) {
    case 'ifupdown':
    case 'ifupdown2':
      return interfacesBridgeFiles(input);
    case 'networkd':
      return networkdBridgeFiles(input);
    case 'netplan':
      return netplanBridgeFiles(input);
    case 'network-manager':
    case 'none':
      // layoutProblems has refused them.
      return { ok: false, reason: `Lodge does not write files of ${owner}` };
  }
}

/** A bridge that is there already gets what it lacks. Only in interfaces(5) is that an edit of lines Lodge knows. */
function pinFiles(situation: Situation, intent: NetworkIntent): PlannedFiles {
  const { layer3, uplink, owner, facts } = situation;
  const wanted = intent.links.find(({ name }) => name === layer3.name);
  if (owner === 'ifupdown' || owner === 'ifupdown2') {
    const mac = uplink.mac ?? '';
    return toChanges(
      facts,
      pinInterfacesBridge(facts.files, { name: layer3.name, mac, uplink: uplink.name }),
      `${layer3.name} keeps its MAC`,
    );
  }
  if (wanted === undefined || wanted.mac !== null) return { ok: true, files: [], findings: [] };
  const spot = `${wanted.spot.path}:${wanted.spot.line}`;
  const key = owner === 'netplan' ? `macaddress: ${uplink.mac}` : `MACAddress=${uplink.mac}`;
  return {
    ok: false,
    problems: [
      { path: spot, rule: `must pin the MAC of ${layer3.name}: add ${key}, then plan again`, value: undefined },
    ],
  };
}

function toChanges({ files: now }: NetworkFacts, rendered: BridgeFiles, why: string): PlannedFiles {
  if (!rendered.ok) return { ok: false, problems: [{ path: 'files', rule: rendered.reason, value: undefined }] };
  const files = rendered.files.map(({ path, text }): FileChange => {
    const before = now.find((file) => file.path === path);
    const fallback = path.startsWith('/etc/netplan/') ? 0o600 : 0o644;
    return { path, before: before?.text ?? null, after: text, mode: before?.mode ?? fallback, why };
  });
  const changed = files.filter(({ before, after }) => before !== after);
  const secret = changed.filter(({ before }) => before?.includes(BLANKED) === true);
  if (secret.length === 0) return { ok: true, files: changed, findings: (rendered.left ?? []).map(leftWithUplink) };
  const rule =
    'must hold no password or key where Lodge has to change it, because a plan is kept and shown: move the lines with the secret to a file of their own, then plan again';
  return { ok: false, problems: secret.map(({ path }) => ({ path, rule, value: BLANKED })) };
}

function leftWithUplink({
  path,
  line,
  text,
}: NonNullable<Extract<BridgeFiles, { ok: true }>['left']>[number]): Finding {
  return {
    id: 'command-stays-with-port',
    level: 'surprise',
    what: `${path}:${line} stays with the uplink: ${text}`,
    cause: 'Lodge does not know what this command does, and so not whether it is about the link or about its addresses',
    consequence:
      'it is run for the port of the bridge, which has no address: what it says of addresses, routes or packets may mean nothing there',
    fix: `look at it; where it is about addresses, write it into the stanza of the bridge after the change`,
  };
}
