import { shellWord } from '../base/quoting/shell-word.ts';
import type { AddressFact, NetworkFacts, RouteFact } from '../model/network-facts.ts';
import type { IntentAddress, IntentRoute } from '../model/network-intent.ts';
import { isLinkLocal } from './address-reach.ts';
import { familyName, ipProgram, spotWords, takeOut } from './explain-edit.ts';
import { strandedBy } from './explain-gateway.ts';
import type { ExplainRule } from './explain-rule.ts';
import { defaultRoutes, globalAddresses, isMain, linkNamed, type NetworkScene } from './network-scene.ts';

/** Files say it, the kernel does not have it. */
export const addressNotRunning: ExplainRule = {
  id: 'address-not-running',
  judge: ({ facts, intent }) =>
    intent.addresses
      .filter((wanted) => !isLoopback(wanted.link) && !facts.addresses.some((has) => isSame(wanted, has)))
      .map((wanted) => {
        const elsewhere = facts.addresses.find(({ address }) => address === wanted.address);
        const link = baseName(wanted.link);
        const text = `${wanted.address}/${wanted.prefixLength}`;
        return {
          level: 'surprise',
          what: `${spotWords(wanted.spot)} gives ${link} the address ${text}, and it does not have it`,
          cause:
            elsewhere === undefined
              ? 'the file was edited since the network was configured, the configuration failed, or somebody took the address away.'
              : `it is on ${elsewhere.link} as ${elsewhere.address}/${elsewhere.prefixLength}: the running network was changed, or the file was.`,
          consequence: `after the next boot ${link} has it: the network is another one than now.`,
          fix: addressFix(facts, wanted, elsewhere),
        };
      }),
};

/** The address can be added where that hurts nothing: not to a port, whose addresses are dead, nor beside itself on another link. */
function addressFix(facts: NetworkFacts, wanted: IntentAddress, elsewhere: AddressFact | undefined): string {
  const name = baseName(wanted.link);
  const link = linkNamed(facts, name);
  const out = takeOut(facts, wanted.spot);
  const isElsewhere = elsewhere !== undefined && elsewhere.link !== name;
  if (link === null || link.master !== null || isElsewhere) return out;
  const words = `${wanted.address}${wanted.peer === null ? '' : ` peer ${wanted.peer}`}/${wanted.prefixLength}`;
  return `make them say the same: ${ipProgram(wanted.family)} address add ${words} dev ${shellWord(name)}, or ${out}`;
}

/** The kernel has it, no file says it. */
export const addressNotInFiles: ExplainRule = {
  id: 'address-not-in-files',
  judge: (scene) =>
    scene.facts.addresses
      .filter((has) => has.scope === 'global' && !has.isDynamic && isMinded(scene, has.link, has.family))
      .filter((has) => !scene.intent.addresses.some((wanted) => isSame(wanted, has)))
      // Better said from the file's side.
      .filter((has) => !scene.intent.addresses.some(({ address }) => address === has.address))
      .filter((has) => !scene.intent.byHand.addresses.some(({ address }) => address === has.address))
      .filter((has) => !mayComeFromUnread(scene, has.address))
      .map((has) => ({
        level: 'surprise',
        what: `${has.link} has the address ${has.address}/${has.prefixLength}, and no file gives it to it`,
        cause: 'it was added by hand or by a program, or the file was edited since.',
        consequence: `after the next boot ${has.link} is without it.`,
        fix: isNeeded(scene, has)
          ? `add it to the files of ${has.link}: the host is reached by it`
          : `add it to the files of ${has.link}, or take it away: ${ipProgram(has.family)} address delete ${has.address}/${has.prefixLength} dev ${shellWord(has.link)}`,
      })),
};

/** The only address of its family outside, or host.yaml's: nobody takes that away. */
function isNeeded({ facts, host, outside }: NetworkScene, { link, family, address }: AddressFact): boolean {
  const others = globalAddresses(facts, link).filter((one) => one.family === family && one.address !== address);
  return host?.[family]?.address === address || (link === outside?.name && others.length === 0);
}

export const routeNotRunning: ExplainRule = {
  id: 'route-not-running',
  judge: (scene) => {
    const isStranded = strandedBy(scene.intent);
    return (
      scene.intent.routes
        .filter((wanted) => !scene.facts.routes.some((has) => isSameRoute(wanted, has)))
        // A line that cannot work has a finding of its own, and a link that is missing or down has no routes.
        .filter((wanted) => !isStranded(wanted))
        .filter((wanted) => wanted.link === null || linkNamed(scene.facts, wanted.link)?.master == null)
        .filter((wanted) => linkNamed(scene.facts, wanted.link ?? wanted.context) !== null)
        .map((wanted) => {
          const other = defaultRoutes(scene.facts, wanted.family)[0];
          const instead =
            wanted.destination === 'default' && other !== undefined
              ? ` Now it is via ${other.via ?? 'no gateway'} dev ${other.link}.`
              : '';
          const over = wanted.via === null ? '' : ` via ${wanted.via}`;
          return {
            level: 'surprise',
            what: `${spotWords(wanted.spot)} sets the ${familyName(wanted.family)} route ${wanted.destination}${over}, and the kernel has no such route`,
            cause: 'its command failed, the file was edited since, or somebody took the route away.',
            consequence: `the next boot or ifup tries to set it: the network may be another one then.${instead}`,
            fix: `make them say the same: ${routeCommand(wanted)}, or ${takeOut(scene.facts, wanted.spot)}`,
          };
        })
    );
  },
};

/** As the file means it: `replace` takes the place of one with the same metric. */
function routeCommand({ family, destination, type, via, link, context, metric, isOnLink }: IntentRoute): string {
  const kind = type === 'unicast' ? '' : `${type} `;
  const over = type === 'unicast' ? `${via === null ? '' : ` via ${via}`} dev ${shellWord(link ?? context)}` : '';
  const more = `${metric === null ? '' : ` metric ${metric}`}${isOnLink && via !== null ? ' onlink' : ''}`;
  return `${ipProgram(family)} route replace ${kind}${destination}${over}${more}`;
}

export const routeNotInFiles: ExplainRule = {
  id: 'route-not-in-files',
  judge: (scene) =>
    scene.facts.routes
      .filter((has) => isMain(has) && has.type === 'unicast' && has.via !== null && has.link !== null)
      .filter(
        (has) =>
          !['kernel', 'ra', 'dhcp', 'redirect'].includes(has.protocol) && isMinded(scene, has.link ?? '', has.family),
      )
      .filter((has) => !scene.intent.routes.some((wanted) => isSameRoute(wanted, has)))
      .filter(
        (has) =>
          !scene.intent.routes.some((wanted) => wanted.destination === has.destination && wanted.family === has.family),
      )
      .filter((has) => !scene.intent.byHand.routes.some((wanted) => isSameRoute(wanted, has)))
      .filter((has) => !mayComeFromUnread(scene, has.via ?? ''))
      .map((has) => ({
        level: 'surprise',
        what: `no file sets the ${familyName(has.family)} route ${has.destination} via ${has.via} dev ${has.link}`,
        cause: 'it was added by hand or by a program, or the file was edited since.',
        consequence:
          has.destination === 'default'
            ? `after the next boot the host has no ${familyName(has.family)} internet.`
            : `after the next boot ${has.destination} is reached by another way, or not at all.`,
        fix:
          has.destination === 'default'
            ? `add it to the files of ${has.link}: the host is reached by it`
            : `add it to the files of ${has.link}, or take it away: ${ipProgram(has.family)} route delete ${has.destination} via ${has.via} dev ${shellWord(has.link ?? '')}`,
      })),
};

export const filesNotUnderstood: ExplainRule = {
  id: 'files-not-understood',
  judge: ({ intent }) =>
    intent.notUnderstood.map(({ spot, text, why }) => ({
      level: 'note',
      what: `${spotWords(spot)} is not understood: ${text.trim()}`,
      cause: why,
      consequence: 'it is kept as it is, and what it does to the network is not in these words.',
      fix: null,
    })),
};

/** `eth0:1` is a name for an address of eth0, and no link. */
function baseName(link: string): string {
  return link.split(':', 1)[0] ?? '';
}

function isLoopback(link: string): boolean {
  return baseName(link) === 'lo';
}

function isSame(wanted: IntentAddress, has: AddressFact): boolean {
  return (
    baseName(wanted.link) === has.link && wanted.address === has.address && wanted.prefixLength === has.prefixLength
  );
}

function isSameRoute(wanted: IntentRoute, has: RouteFact): boolean {
  return (
    wanted.family === has.family &&
    wanted.destination === has.destination &&
    wanted.type === has.type &&
    wanted.via === has.via &&
    (wanted.type !== 'unicast' || wanted.link === null || baseName(wanted.link) === has.link)
  );
}

/** A link whose addresses the files decide: named in them, and not left to DHCP or advertisements in that family. */
function isMinded({ intent, outside }: NetworkScene, link: string, family: AddressFact['family']): boolean {
  const hasFiles = intent.links.length > 0 || intent.addresses.length > 0;
  const isNamed =
    intent.addresses.some((one) => baseName(one.link) === link) || intent.links.some(({ name }) => name === link);
  const isDynamic = intent.dynamic.some((one) => one.link === link && one.family === family);
  return hasFiles && !isDynamic && (isNamed || link === outside?.name);
}

/** A line that was not understood and has the address in it may well be where it comes from. */
function mayComeFromUnread({ intent }: NetworkScene, address: string): boolean {
  return isLinkLocal(address)
    ? intent.notUnderstood.length > 0
    : intent.notUnderstood.some(({ text }) => text.includes(address));
}
