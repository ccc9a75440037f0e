import { shellWord } from '../base/quoting/shell-word.ts';
import type { IntentRoute, NetworkIntent } from '../model/network-intent.ts';
import { covers, lengthOf, prefixOf } from './address-reach.ts';
import { lineAt, spotWords } from './explain-edit.ts';
import type { ExplainRule } from './explain-rule.ts';
import { isMain, linkNamed, type NetworkScene } from './network-scene.ts';

/** A line names a port, and a port carries no routes: the seed's second surprise. */
export const routeNamesPort: ExplainRule = {
  id: 'route-names-port',
  judge: (scene) =>
    scene.intent.routes.flatMap((route) => {
      const bridge = route.link === null ? null : bridgeOfPort(scene, route.link);
      if (route.link === null || bridge === null) return [];
      const fixed = fixedLine(scene, route, route.link, bridge);
      return [
        {
          level: 'alarm',
          what: `${spotWords(route.spot)} sets the route ${route.destination} over ${route.link}, which is a port of ${bridge}`,
          cause: `the line is older than the bridge: the address moved from ${route.link} to ${bridge} and the line did not.`,
          consequence:
            `at the next ifup the command fails with "Network is unreachable", because ${route.link} has no address that reaches ` +
            `${route.via ?? route.destination}. The route is missing then, and ifup reports ${route.context} as failed.`,
          fix:
            fixed === null
              ? `move ${spotWords(route.spot)} below the iface line of ${bridge}`
              : `in ${spotWords(route.spot)} write: ${fixed}`,
        },
      ];
    }),
};

export const routeNamesMissingLink: ExplainRule = {
  id: 'route-names-missing-link',
  judge: (scene) =>
    scene.intent.routes
      .filter(({ link }) => link !== null && isNobodys(scene, link))
      .map((route) => {
        const fixed = route.link === null ? null : fixedLine(scene, route, route.link, route.context);
        return {
          level: 'alarm',
          what: `${spotWords(route.spot)} sets the route ${route.destination} over ${route.link}, which does not exist`,
          cause: `no file makes ${route.link} and the host has none; it is configured together with ${route.context}.`,
          consequence:
            'the command fails at the next ifup ("No such device" or "Cannot find device"), and the route is missing.',
          fix:
            fixed === null
              ? `name ${route.context} in ${spotWords(route.spot)}`
              : `in ${spotWords(route.spot)} write: ${fixed}`,
        };
      }),
};

/** `route add -net NETWORK gw GATEWAY`: providers that isolate customers have their installers write it. */
export const isolatedCustomersRoute: ExplainRule = {
  id: 'isolated-customers-route',
  judge: ({ intent }) =>
    intent.routes
      .filter((route) => route.form === 'command' && ownNetworkOf(intent, route) !== null)
      .map((route) => ({
        level: 'note',
        what: `${spotWords(route.spot)} sends the host's own network ${route.destination} through the gateway ${route.via}`,
        cause:
          'the provider keeps its customers apart: neighbours in the same network are reached through the gateway only, and without this line ' +
          'the host would ask for them on the wire and get no answer.',
        consequence:
          'none: it does what it is for. Run twice it fails with "File exists", which makes a repeated ifup look broken. ' +
          canonicalForm(intent, route),
        fix: null,
      })),
};

export const neighboursUnreachable: ExplainRule = {
  id: 'neighbours-unreachable',
  judge({ facts, outside, provider }) {
    if (outside === null || provider === null || !provider.isolatesCustomers) return [];
    return facts.routes
      .filter((route) => route.family === 'ipv4' && route.link === outside.name && isMain(route) && route.via === null)
      .filter(
        ({ protocol, type, destination }) => protocol === 'kernel' && type === 'unicast' && lengthOf(destination) < 31,
      )
      .filter(({ destination }) => {
        const address = facts.addresses.find((one) => one.link === outside.name && covers(destination, one.address));
        const isMain4 = facts.routes.some(
          (one) => one.destination === 'default' && one.via !== null && covers(destination, one.via),
        );
        const hasDetour = facts.routes.some(
          (one) => one.via !== null && one.destination === destination && one.link === outside.name,
        );
        return address !== undefined && isMain4 && !hasDetour;
      })
      .map(({ destination }) => {
        const gateway =
          facts.routes.find((one) => one.destination === 'default' && one.via !== null && covers(destination, one.via))
            ?.via ?? '';
        return {
          level: 'surprise',
          what: `the host takes all of ${destination} for its neighbours on ${outside.name}`,
          cause: `the provider (${provider.title}) keeps its customers apart: nobody answers for them but the gateway ${gateway}.`,
          consequence: `other customers in ${destination} cannot be reached from here, nor reach this host. The rest of the internet is not concerned.`,
          fix:
            `ip route prepend ${destination} via ${gateway} dev ${shellWord(outside.name)}; in the files: the address as /32 with pointopoint ${gateway} ` +
            '(networkd: Peer=, netplan: on-link: true)',
        };
      });
  },
};

/** Neither there, nor made or used by a file. */
function isNobodys(scene: NetworkScene, name: string): boolean {
  const isNamed = scene.intent.links.some((link) => link.name === name);
  return linkNamed(scene.facts, name) === null && !isNamed && bridgeOfPort(scene, name) === null;
}

function bridgeOfPort({ facts, intent }: NetworkScene, name: string): string | null {
  const wanted = intent.links.find(({ kind, ports }) => kind === 'bridge' && ports.includes(name));
  if (wanted !== undefined) return wanted.name;
  const master = linkNamed(facts, linkNamed(facts, name)?.master ?? '');
  return master?.kind === 'bridge' ? master.name : null;
}

/** The line with the right link in it; null where it does not name the wrong one (`dev $IFACE`), so that no other word would do. */
function fixedLine({ facts }: NetworkScene, { spot }: IntentRoute, from: string, to: string): string | null {
  const line = lineAt(facts, spot);
  const fixed = line === null ? null : renamed(line, from, to);
  return fixed === line ? null : fixed;
}

/** The line with one link's name in the place of another's, where it stands as a word: `… gw 192.0.2.193 eth0 -> … br0`. */
function renamed(line: string, from: string, to: string): string {
  return line
    .split(/(\s+)/)
    .map((word) => (word === from ? to : word))
    .join('');
}

/** The address whose connected network the route repeats; null for every other route. */
function ownNetworkOf(intent: NetworkIntent, { destination, via, family }: IntentRoute) {
  if (
    via === null ||
    family !== 'ipv4' ||
    destination === 'default' ||
    lengthOf(destination) > 30 ||
    !covers(destination, via)
  )
    return null;
  return (
    intent.addresses.find(
      (one) => one.family === family && one.peer === null && prefixOf(one.address, one.prefixLength) === destination,
    ) ?? null
  );
}

function canonicalForm(intent: NetworkIntent, route: IntentRoute): string {
  const own = ownNetworkOf(intent, route);
  return `The same without a command: address ${own?.address}/32, pointopoint ${route.via}, gateway ${route.via}, and no such line.`;
}
