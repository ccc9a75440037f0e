/** What mmdebstrap does for long, in words; its other lines pass. */
const PHASES: [RegExp, string][] = [
  [/^I: extracting archives/, 'unpacking the essential packages'],
  [/^I: installing essential packages/, 'installing the essential packages'],
  [/^update-initramfs: Generating/, 'making the initial RAM disk'],
  [/^I: cleaning package lists/, 'tidying up'],
];

const UNITS: Record<string, number> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 };

/**
 * Turns the lines of mmdebstrap, apt and dpkg into one that says how far the work is.
 *
 *     Need to get 101 MB of archives.                                        -> downloaded 0 of 101 MB
 *     Get:3 http://x bookworm/main amd64 zstd amd64 1.5.4 [529 kB]           -> downloaded 1 of 101 MB
 *     0 upgraded, 100 newly installed, …; Unpacking zstd (1.5.4) ...         -> unpacked 1 of 100 packages
 *     Setting up zstd (1.5.4) ...                                            -> configured 1 of 100 packages
 */
export function createBootstrapProgress(report: (detail: string) => void): (line: string) => void {
  let packages = 0;
  let wantedMB = 0;
  let gotMB = 0;
  let unpacked = 0;
  let configured = 0;
  let last = '';
  const say = (detail: string) => {
    if (detail !== last) report(detail);
    last = detail;
  };
  const share = (count: number) => `${Math.min(count, packages)} of ${packages} packages`;
  return (line) => {
    const phase = PHASES.find(([pattern]) => pattern.test(line))?.[1];
    if (phase !== undefined) return say(phase);
    const counted = /^\d+ upgraded, (\d+) newly installed/.exec(line)?.[1];
    if (counted !== undefined) {
      packages = Number(counted);
      unpacked = 0;
      configured = 0;
    }
    const need = /^Need to get (?:[\d.,]+ \w?B\/)?([\d.,]+) (\w?B) of archives/.exec(line);
    if (need !== null) {
      wantedMB = megabytes(need);
      gotMB = 0;
    }
    const total = Math.max(1, Math.round(wantedMB));
    const got = /^Get:\d+ .*\[([\d.,]+) (\w?B)\]$/.exec(line);
    if (got !== null) gotMB += megabytes(got);
    if (need !== null || got !== null) return say(`downloaded ${Math.min(Math.round(gotMB), total)} of ${total} MB`);
    if (packages === 0) return;
    if (line.startsWith('Unpacking ')) say(`unpacked ${share(++unpacked)}`);
    if (line.startsWith('Setting up ')) say(`configured ${share(++configured)}`);
  };
}

function megabytes([, number = '', unit = '']: RegExpExecArray): number {
  return Number(number.replaceAll(',', '')) * (UNITS[unit] ?? 1);
}
