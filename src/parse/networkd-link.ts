import { entriesOf, lastOf, type NetworkdUnit } from './networkd-files.ts';
import { type KnownLink, matchLink } from './networkd-match.ts';
import { readMac } from './networkd-values.ts';

/**
 * The links as udev leaves them after a boot: the first .link file that is for a link decides, and only what it says of name and
 * MAC counts here. A name that the naming policies choose is the one the link has. systemd.link(5).
 */
export function applyLinkFiles(units: readonly NetworkdUnit[], links: readonly KnownLink[]): KnownLink[] {
  return links.map((link) => {
    const unit = units.find((candidate) => matchLink(entriesOf(candidate, 'Match'), link) === 'yes');
    if (unit === undefined) return link;
    const settings = entriesOf(unit, 'Link');
    const name = lastOf(settings, 'Name')?.value ?? link.name;
    const mac = readMac(lastOf(settings, 'MACAddress')?.value ?? '');
    return name === link.name && mac === null ? link : { ...link, name, mac: mac ?? link.mac };
  });
}
