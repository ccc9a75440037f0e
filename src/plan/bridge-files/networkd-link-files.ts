import { entriesOf, type NetworkText, networkdUnits } from '../../parse/networkd-files.ts';
import { matchLink } from '../../parse/networkd-match.ts';
import { renderIni } from '../../render/ini.ts';

/**
 * The .link files that name a link by its MAC, changed so that they mean the hardware only: the bridge has that MAC too, and udev
 * would give it the NIC's name. `PermanentMACAddress=` is of systemd 245; a bridge has none.
 */
export function linkFilesForHardware(
  files: readonly NetworkText[],
  bridge: { name: string; mac: string },
): NetworkText[] {
  const virtual = { ...bridge, kind: 'bridge', permanentMac: null };
  const units = networkdUnits(files, 'link').filter((unit) => {
    const match = entriesOf(unit, 'Match');
    return match.some(({ key }) => key === 'MACAddress') && matchLink(match, virtual) !== 'no';
  });
  return units.flatMap(({ documents }) =>
    documents.flatMap((document) => {
      let section = '';
      const lines = document.lines.map((line) => {
        if (line.kind === 'section') section = line.name;
        if (line.kind !== 'entry' || section !== 'Match' || line.key !== 'MACAddress') return line;
        return { ...line, raw: line.raw.replace('MACAddress', 'PermanentMACAddress') };
      });
      const text = renderIni({ ...document, lines });
      return text === renderIni(document) ? [] : [{ path: document.path, text }];
    }),
  );
}
