import { readIfPresent } from './files.ts';

/** Loaded profiles and their modes; `profiles` is null where the list cannot be read. */
export interface AppArmorFacts {
  enabled: boolean;
  profiles: { name: string; mode: string }[] | null;
}

export async function observeAppArmor(): Promise<AppArmorFacts> {
  const enabled = (await readIfPresent('/sys/module/apparmor/parameters/enabled'))?.trim() === 'Y';
  if (!enabled) return { enabled, profiles: null };
  const list = await readIfPresent('/sys/kernel/security/apparmor/profiles').catch(() => null);
  return { enabled, profiles: list === null ? null : parseProfiles(list) };
}

/** `/usr/sbin/dnsmasq//libvirt_leaseshelper (enforce)` */
export function parseProfiles(text: string): { name: string; mode: string }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(.+) \((\w+)\)$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [{ name: match[1], mode: match[2] }];
  });
}
