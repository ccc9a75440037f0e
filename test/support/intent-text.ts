import type { NetworkIntent, SourceSpot } from '../../src/model/network-intent.ts';

/** An intent as lines to be read and compared: one for each thing, with the place that says it. */
export function intentText(intent: NetworkIntent): string {
  const lines = [
    ...intent.links.map((link) => [
      `link ${link.name}: ${link.kind}, ${link.isAutomatic ? 'at boot' : 'not by itself'}`,
      ...(link.mac === null ? [] : [`mac ${link.mac}`]),
      ...(link.mtu === null ? [] : [`mtu ${link.mtu}`]),
      ...(link.ports.length === 0 ? [] : [`ports ${link.ports.join(' ')}`]),
      ...(link.stp === null ? [] : [`stp ${link.stp ? 'on' : 'off'}`]),
      ...(link.forwardDelaySec === null ? [] : [`forward delay ${link.forwardDelaySec} s`]),
      spotText(link.spot),
    ]),
    ...partLines(intent),
    ...partLines(intent.byHand).map((parts) => ['only by hand', ...parts]),
    ...intent.notUnderstood.map(({ text, why, spot }) => [`not understood: ${text}`, why, spotText(spot)]),
  ];
  return lines.map((parts) => `${parts.join(' | ')}\n`).join('');
}

function partLines({
  addresses,
  routes,
  dynamic,
}: Pick<NetworkIntent, 'addresses' | 'routes' | 'dynamic'>): string[][] {
  return [
    ...addresses.map(({ link, address, prefixLength, peer, spot }) => [
      `address ${address}/${prefixLength}${peer === null ? '' : ` peer ${peer}`} on ${link}`,
      spotText(spot),
    ]),
    ...routes.map((route) => [
      `route ${route.family} ${route.type === 'unicast' ? '' : `${route.type} `}${route.destination}`,
      ...(route.via === null ? [] : [`via ${route.via}`]),
      ...(route.link === null ? [] : [`dev ${route.link}`]),
      ...(route.metric === null ? [] : [`metric ${route.metric}`]),
      ...(route.isOnLink ? ['on-link'] : []),
      `${route.form} of ${route.context}`,
      spotText(route.spot),
    ]),
    ...dynamic.map(({ link, family, method, spot }) => [`dynamic ${family} on ${link}: ${method}`, spotText(spot)]),
  ];
}

function spotText({ path, line }: SourceSpot): string {
  return `${path}:${line}`;
}
