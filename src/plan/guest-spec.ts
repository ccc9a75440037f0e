import { type MacAddress, parseMac } from '../base/address.ts';
import type { Problem } from '../base/errors.ts';
import { parseFreeGuestName } from '../base/guest-name.ts';
import { BOOT_ORDER_RULE, isBootOrder } from '../model/boot-order.ts';
import { CPU_RULE, isCpu } from '../model/cpu-model.ts';
import type { Firmware, GuestDisk, GuestNic, GuestSpec, IdentityWay } from '../model/guest.ts';
import { GUEST_DEFAULTS } from '../model/guest-defaults.ts';
import { brokenDiskRule } from '../model/guest-numbers.ts';
import type { CreateGuest } from '../model/guest-request.ts';
import type { ImageTraits } from '../model/image.ts';
import { requestedUserData, type StoredUserData, userDataBytes } from '../model/user-data.ts';
import { resourceProblems } from './guest-resources.ts';
import { identityProblems } from './identity-room.ts';
import { askedOfImage, fitImage } from './image-fit.ts';
import { sshKeyProblems } from './ssh-key-problems.ts';

/** What the host knows that a spec depends on. */
export interface GuestSpecFacts {
  uuid: string;
  /** Used when the request names none. */
  mac: MacAddress;
  tap: string;
  addresses: Pick<GuestNic, 'ipv4' | 'ipv6'>;
  /** What is known of the image the guest is copied from; null when it has none, or when it is downloaded first. */
  image: ImageTraits | null;
  /** What boots from the CD that was given; empty where nobody can tell. */
  cdFirmwares?: readonly Firmware[];
  /** Name under which the image is or will be stored. */
  imageName: string | null;
  identity: IdentityWay;
  hostMemoryMiB: number;
  hostCpus: number;
  keymaps: readonly string[];
}

const MAC_OF_PROVIDER_HINT = 'a MAC address of your own; the uplink never sees it with a nat link';

/**
 * Fills every default in and checks every rule. Pure: the same request and facts give the same spec.
 * All problems come at once.
 */
export function planGuestSpec(request: CreateGuest, facts: GuestSpecFacts): { spec: GuestSpec; problems: Problem[] } {
  const problems: Problem[] = [];
  const fit = fitImage(askedOfImage(request), facts.image, facts.cdFirmwares);
  const spec: GuestSpec = {
    version: 1,
    name: request.name,
    uuid: facts.uuid,
    image: facts.imageName,
    iso: request.iso ?? null,
    memoryMiB: request.memoryMiB ?? GUEST_DEFAULTS.memoryMiB,
    vcpus: request.vcpus ?? GUEST_DEFAULTS.vcpus,
    disk: planDisk(request, fit.sizeBytes, facts, problems),
    machine: request.machine ?? GUEST_DEFAULTS.machine,
    firmware: fit.firmware,
    cpu: request.cpu ?? GUEST_DEFAULTS.cpu,
    accel: request.accel ?? GUEST_DEFAULTS.accel,
    boot: planBoot(request),
    keymap: request.keymap ?? GUEST_DEFAULTS.keymap,
    watchdog: request.watchdog ?? GUEST_DEFAULTS.watchdog,
    restartPolicy: request.restartPolicy ?? GUEST_DEFAULTS.restartPolicy,
    startWithHost: request.startWithHost ?? GUEST_DEFAULTS.startWithHost,
    identity: facts.identity,
    sshKeys: request.sshKeys ?? [],
    ...planUserData(request, problems),
    nic: {
      link: 'nat',
      mac: planMac(request.mac, facts.mac, problems),
      tap: facts.tap,
      ...facts.addresses,
      publish: request.publish ?? [],
      ...(request.maxConnections === undefined ? {} : { maxConnections: request.maxConnections }),
    },
  };
  problems.unshift(...nameProblems(request.name));
  // A size that no disk has needs no second word.
  const isTold = (path: string) => problems.some((problem) => problem.path === path);
  problems.push(
    ...fit.problems.filter(({ path }) => !isTold(path)),
    ...resourceProblems(spec, { memoryMiB: facts.hostMemoryMiB, cpuCount: facts.hostCpus }),
    ...textProblems(spec, facts),
  );
  problems.push(...identityProblems(spec, problems));
  return { spec, problems };
}

function planUserData(request: CreateGuest, problems: Problem[]): StoredUserData {
  const stored = requestedUserData(request);
  if (stored.ok) return stored.value;
  problems.push({ path: 'userData', rule: `must be ${stored.reason}`, value: undefined });
  return { userData: null };
}

function nameProblems(name: string): Problem[] {
  const parsed = parseFreeGuestName(name);
  return parsed.ok ? [] : [{ path: 'name', rule: `must be ${parsed.reason}`, value: name }];
}

function planMac(wanted: string | undefined, fallback: MacAddress, problems: Problem[]): MacAddress {
  if (wanted === undefined) return fallback;
  const parsed = parseMac(wanted);
  if (parsed.ok) return parsed.value;
  problems.push({ path: 'mac', rule: `must be ${parsed.reason}: ${MAC_OF_PROVIDER_HINT}`, value: wanted });
  return fallback;
}

function planDisk(request: CreateGuest, sizeBytes: number, facts: GuestSpecFacts, problems: Problem[]): GuestDisk {
  const wanted = request.disk ?? {};
  const format = wanted.format ?? GUEST_DEFAULTS.diskFormat;
  const add = (path: string, rule: string, value: unknown) => problems.push({ path: `disk.${path}`, rule, value });
  const broken = brokenDiskRule(sizeBytes);
  if (broken !== null) add('sizeBytes', `must be ${broken}`, sizeBytes);
  if (format === 'raw' && facts.imageName !== null) {
    add('format', 'must be qcow2 for a guest from an image: its disk is a copy-on-write child, never a copy', format);
  }
  return {
    format,
    sizeBytes,
    cache: wanted.cache ?? GUEST_DEFAULTS.diskCache,
    discard: wanted.discard ?? GUEST_DEFAULTS.discard,
  };
}

/** The seed's way with a CD: the first boot from it, later ones from the disk. */
function planBoot(request: CreateGuest): GuestSpec['boot'] {
  const hasIso = request.iso !== undefined;
  return {
    order: request.boot?.order ?? (hasIso ? 'cd' : 'c'),
    once: request.boot?.once ?? (hasIso ? 'd' : null),
  };
}

function textProblems(spec: GuestSpec, facts: GuestSpecFacts): Problem[] {
  const problems: Problem[] = [];
  const check = (ok: boolean, path: string, rule: string, value: unknown) => {
    if (!ok) problems.push({ path, rule, value });
  };
  check(isCpu(spec.cpu), 'cpu', CPU_RULE, spec.cpu);
  check(facts.keymaps.includes(spec.keymap), 'keymap', `must be one of ${facts.keymaps.join(' ')}`, spec.keymap);
  check(isBootOrder(spec.boot.order), 'boot.order', BOOT_ORDER_RULE, spec.boot.order);
  if (spec.boot.once !== null) check(isBootOrder(spec.boot.once), 'boot.once', BOOT_ORDER_RULE, spec.boot.once);
  if (spec.iso !== null) check(spec.iso.startsWith('/'), 'iso', 'must be an absolute path', spec.iso);
  problems.push(...sshKeyProblems(spec.sshKeys));
  if (userDataBytes(spec) !== null && spec.identity !== 'nocloud') {
    const why = spec.image === null ? 'there is no image' : `${spec.image} has none`;
    const rule = `is only read by images with cloud-init, and ${why}: --image FILE takes a cloud image, such as a qcow2 of your distribution`;
    problems.push({ path: 'userData', rule, value: undefined });
  }
  return problems;
}
