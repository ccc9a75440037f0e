import type { HostImport } from '../api/types.ts';
import { renderTable } from '../base/text-table.ts';
import type { ExtraIpv4, HostConfig } from '../model/host-config.ts';
import type { Paint } from './output.ts';

/** What was found and why it is thought so; what was not understood, by file and line; where it was written. */
export function renderImport(done: HostImport, paint: Paint): string {
  const { findings, notUnderstood } = done;
  const sections = [
    renderFound(done),
    ...findings.map(({ level, what, consequence, fix }) =>
      [
        `${paint(level === 'alarm' ? 'red' : 'yellow', `${level}:`)} ${what}`,
        `  ${consequence}`,
        ...(fix === null ? [] : [`  fix: ${fix}`]),
      ].join('\n'),
    ),
    ...(notUnderstood.length === 0 ? [] : [renderNotUnderstood(notUnderstood)]),
    renderEnd(done),
  ];
  return sections.join('\n\n');
}

function renderFound({ config, reasons }: HostImport): string {
  const because = (...paths: string[]) =>
    reasons
      .filter(({ path }) => paths.some((one) => path === one || path.startsWith(`${one}.`)))
      .map(({ reason }) => reason);
  const rows: [string, string, string[]][] = [
    ['provider', config.provider, because('provider')],
    ['uplink', `${config.uplink.name}, ${config.uplink.mac}`, because('uplink')],
    ['ipv4', ipv4Text(config), because('ipv4')],
    ['ipv6', ipv6Text(config), because('ipv6')],
    ...config.extraIpv4.map((extra, index): [string, string, string[]] => [
      'extra',
      extraText(extra),
      because(`extraIpv4[${index}]`),
    ]),
  ];
  // The first reason stands beside its value, the others below it.
  const lines = rows.flatMap(([name, value, [first = '', ...others]]) => [
    [name, value, first],
    ...others.map((reason) => ['', '', reason]),
  ]);
  return renderTable([['FOUND', 'VALUE', 'WHY'], ...lines]).trimEnd();
}

function ipv4Text({ ipv4 }: HostConfig): string {
  return ipv4 === null ? 'none' : `${ipv4.address}/${ipv4.prefixLength} via ${ipv4.gateway}`;
}

function ipv6Text({ ipv6 }: HostConfig): string {
  return ipv6 === null ? 'none' : `${ipv6.prefix} via ${ipv6.gateway}, ${ipv6.mode}`;
}

function extraText(extra: ExtraIpv4): string {
  if (extra.kind !== 'single') return `${extra.kind} ${extra.prefix}`;
  return extra.mac === null ? `single ${extra.address}` : `single ${extra.address}, ${extra.mac}`;
}

function renderNotUnderstood(lines: HostImport['notUnderstood']): string {
  const texts = lines.map(({ spot, text, why }) => `  ${spot.path}:${spot.line}: ${text.trim()}\n    ${why}`);
  return ['not understood; it stays as it is, and plans do without it:', ...texts].join('\n');
}

function renderEnd({ path, written, state, difference, text }: HostImport): string {
  if (written) {
    const kept = state === 'changed' ? `; what it said before is in ${path}.before` : '';
    return `written to ${path}${kept}\nadd what the provider gave you beyond that, then: lodge net plan --layout routed`;
  }
  if (state === 'same') return `${path} says all of this already`;
  if (state === 'new') return `would be written to ${path}:\n\n${text}`;
  return `${path} would be changed with --replace:\n${difference.map((line) => `  ${line}`).join('\n')}`;
}
