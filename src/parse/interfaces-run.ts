import type { IntentAddress, IntentLink, IntentRoute, NetworkIntent, SourceSpot } from '../model/network-intent.ts';
import { readStanzaAddresses } from './interfaces-addresses.ts';
import { type CommandEffect, readCommandLine } from './interfaces-commands.ts';
import type { EffectiveStanza } from './interfaces-inherit.ts';
import { whyUnknownOption } from './interfaces-options.ts';
import type { InterfacesDialect } from './interfaces-problems.ts';
import { whyRefused } from './interfaces-refusals.ts';

const COMMANDS_UP = new Set(['pre-up', 'up']);
const COMMANDS_DOWN = new Set(['down', 'post-down']);

/** Where ifup gave an interface up: of it nothing comes any more. */
export type Stops = Map<string, SourceSpot>;

/** In the order in which ifup goes: what is before the link, the stanza's own, what is after it. A line that fails is the last one. */
export function readStanza(
  stanza: EffectiveStanza,
  link: string,
  dialect: InterfacesDialect,
  intent: NetworkIntent,
  stops: Stops,
): void {
  for (const { name, parts } of stanza.options) {
    const why = COMMANDS_UP.has(name) || COMMANDS_DOWN.has(name) ? null : whyUnknownOption(name);
    for (const { value, spot } of why === null ? [] : parts) {
      intent.notUnderstood.push({ spot, text: `${name} ${value}`, why: why ?? '' });
    }
  }
  nameUnknownDowns(stanza, intent);
  const stop = stops.get(stanza.name);
  if (stop !== undefined) {
    intent.notUnderstood.push({ spot: stanza.spot, text: stanza.node.raw.trim(), why: notComing(stanza.name, stop) });
    return;
  }
  runCommands('pre-up', stanza, link, dialect, intent, stops);
  const found = readStanzaAddresses(stanza, link, dialect);
  if (!stops.has(stanza.name)) {
    for (const address of found.addresses) addAddress(address, stanza, dialect, intent, stops);
    if (!stops.has(stanza.name)) for (const route of found.routes) addGateway(route, stanza, dialect, intent, stops);
    intent.dynamic.push(...found.dynamic);
  }
  intent.notUnderstood.push(...found.notUnderstood);
  runCommands('up', stanza, link, dialect, intent, stops);
}

/** `ip addr add`, which fails where the link has the address; ifupdown2 leaves it be. */
function addAddress(
  address: IntentAddress,
  stanza: EffectiveStanza,
  dialect: InterfacesDialect,
  intent: NetworkIntent,
  stops: Stops,
): void {
  const why = dialect === 'ifupdown' ? whyRefused({ kind: 'address', address }, intent) : null;
  if (why === null) {
    intent.addresses.push(address);
    return;
  }
  intent.notUnderstood.push({ spot: address.spot, text: `address ${address.address}`, why });
  stops.set(stanza.name, address.spot);
}

/**
 * `gateway` is a command too. ifupdown's is `ip route add` in IPv4, which fails where a default route is there already, and `ip -6 route
 * replace` in IPv6; ifupdown2's is `add` in both, and it goes on.
 */
function addGateway(
  route: IntentRoute,
  stanza: EffectiveStanza,
  dialect: InterfacesDialect,
  intent: NetworkIntent,
  stops: Stops,
): void {
  const verb = route.family === 'ipv6' && dialect === 'ifupdown' ? 'replace' : 'add';
  const why = whyRefused({ kind: 'route', route, verb }, intent);
  if (why === null) {
    if (verb === 'replace') intent.routes = intent.routes.filter((one) => !isInItsPlace(one, route));
    intent.routes.push(route);
    return;
  }
  intent.notUnderstood.push({ spot: route.spot, text: `gateway ${route.via}`, why });
  if (dialect === 'ifupdown') stops.set(stanza.name, route.spot);
}

function isInItsPlace(one: IntentRoute, route: IntentRoute): boolean {
  return one.family === route.family && one.destination === route.destination && one.metric === route.metric;
}

function runCommands(
  option: 'pre-up' | 'up',
  stanza: EffectiveStanza,
  link: string,
  dialect: InterfacesDialect,
  intent: NetworkIntent,
  stops: Stops,
): void {
  // Each command is an option of its own.
  const lines = stanza.options.filter(({ name }) => name === option).flatMap(({ parts }) => parts);
  for (const { value, spot } of lines) {
    const text = `${option} ${value}`;
    const stop = stops.get(stanza.name);
    if (stop !== undefined) {
      intent.notUnderstood.push({ spot, text, why: notComing(stanza.name, stop) });
      continue;
    }
    let fails = false;
    for (const { effect, end } of readCommandLine(value, stanza.name)) {
      // What is joined to a command that has failed does not run.
      if (!fails) {
        const refusal = whyRefused(effect, intent);
        if (effect.kind === 'unknown') intent.notUnderstood.push({ spot, text, why: effect.why });
        else if (refusal === null) applyEffect(effect, link, spot, intent);
        else if (end !== '||') intent.notUnderstood.push({ spot, text, why: refusal });
        fails = refusal !== null && end !== '||';
      }
      if (end === ';') fails = false;
    }
    // ifupdown2 says that it has failed, and goes on.
    if (fails && dialect === 'ifupdown') stops.set(stanza.name, spot);
  }
}

function notComing(name: string, { path, line }: SourceSpot): string {
  return `ifup gives ${name} up at ${path}:${line}, where a command fails, and does not come to this`;
}

/** What is run when the link goes down changes nothing of what is up. */
function nameUnknownDowns(stanza: EffectiveStanza, intent: NetworkIntent): void {
  for (const { name, parts } of stanza.options) {
    for (const { value, spot } of COMMANDS_DOWN.has(name) ? parts : []) {
      for (const { effect } of readCommandLine(value, stanza.name)) {
        if (effect.kind === 'unknown') intent.notUnderstood.push({ spot, text: `${name} ${value}`, why: effect.why });
      }
    }
  }
}

function applyEffect(effect: CommandEffect, context: string, spot: SourceSpot, intent: NetworkIntent): void {
  switch (effect.kind) {
    case 'route':
      intent.routes.push({ ...effect.route, context, form: 'command', spot });
      return;
    case 'address':
      intent.addresses.push({ ...effect.address, spot });
      return;
    case 'dynamic':
      intent.dynamic.push({ link: effect.link, family: effect.family, method: effect.method, spot });
      return;
    case 'bridge': {
      const link = linkNamed(effect.name, 'bridge', spot, intent);
      link.kind = 'bridge';
      if (effect.port !== null && !link.ports.includes(effect.port)) link.ports.push(effect.port);
      if (effect.stp !== undefined) link.stp = effect.stp;
      if (effect.forwardDelaySec !== undefined) link.forwardDelaySec = effect.forwardDelaySec;
      return;
    }
    case 'known':
    case 'unknown':
    case 'refused':
      return;
    case 'link': {
      const isKnown = intent.links.some(({ name }) => name === effect.name);
      if (isKnown || effect.said.kind !== undefined) {
        const link = linkNamed(effect.name, effect.said.kind ?? 'physical', spot, intent);
        // The stanza says more of what it is than the command that makes it.
        Object.assign(link, {
          ...effect.said,
          kind: link.kind === 'physical' ? (effect.said.kind ?? 'physical') : link.kind,
        });
      }
      const master = effect.master === null ? null : intent.links.find(({ name }) => name === effect.master);
      if (master?.kind === 'bridge' || master?.kind === 'bond') master.ports.push(effect.name);
    }
  }
}

function linkNamed(name: string, kind: IntentLink['kind'], spot: SourceSpot, intent: NetworkIntent): IntentLink {
  const known = intent.links.find((link) => link.name === name);
  if (known !== undefined) return known;
  const made = {
    name,
    kind,
    isAutomatic: true,
    mac: null,
    mtu: null,
    ports: [],
    stp: null,
    forwardDelaySec: null,
    spot,
  };
  intent.links.push(made);
  return made;
}
