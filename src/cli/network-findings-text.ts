import type { NetworkExplanation } from '../api/types.ts';
import type { Finding } from '../model/network-finding.ts';
import { renderHeading } from './network-walk-text.ts';
import type { Paint } from './output.ts';
import { wrapText } from './wrap-text.ts';

const WIDTH = 80;
const INDENT = '    ';
const LEVELS: readonly Finding['level'][] = ['alarm', 'surprise', 'note'];
const TITLES: Record<Finding['level'], string> = {
  alarm: 'ALARMS: what locks out, leaks or breaks',
  surprise: 'SURPRISES: what looks wrong, and may be right',
  note: 'NOTES: good to know',
};
const STYLES: Record<Finding['level'], Parameters<Paint>[0]> = { alarm: 'red', surprise: 'yellow', note: 'cyan' };

/** The findings of an explanation in words, under its heading. */
export function renderExplanation(explanation: NetworkExplanation, paint: Paint): string {
  return `${renderHeading(explanation)}\n${renderFindings(explanation.findings, paint)}`;
}

/** Grouped by level, each with its cause, consequence and fix. Fixes stand on lines of their own, unbroken: they are copied. */
export function renderFindings(findings: readonly Finding[], paint: Paint): string {
  const groups = LEVELS.flatMap((level) => {
    const those = findings.filter((finding) => finding.level === level);
    if (those.length === 0) return [];
    const title = paint('bold', paint(STYLES[level], TITLES[level]));
    return [`${title}\n\n${those.map((finding) => renderFinding(finding, paint)).join('\n')}`];
  });
  if (findings.every(({ level }) => level === 'note')) groups.unshift('nothing surprising\n');
  return groups.join('\n');
}

function renderFinding({ id, what, cause, consequence, fix }: Finding, paint: Paint): string {
  const [first = '', ...others] = wrapText(what, '', WIDTH - 2);
  const lines = [
    `- ${paint('bold', first)}`,
    ...others.map((line) => `  ${paint('bold', line)}`),
    ...labelled('why', cause),
    ...labelled('so', consequence),
    ...(fix === null ? [] : fixLines(fix, paint)),
    `${INDENT}${paint('dim', `[${id}]`)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A cause with several parts, each in its line, has them below it. */
function labelled(label: string, text: string): string[] {
  const [first = '', ...parts] = text.split('\n');
  return [
    ...wrapText(`${label}: ${first}${parts.length === 0 ? '' : ':'}`, INDENT, WIDTH),
    ...parts.flatMap((part) => hanging(part, `${INDENT}  `)),
  ];
}

/** Wrapped lines of a part stand deeper than its first. */
function hanging(text: string, indent: string): string[] {
  const [first = '', ...rest] = wrapText(text, indent, WIDTH);
  return [
    first,
    ...(rest.length === 0 ? [] : wrapText(rest.map((line) => line.trim()).join(' '), `${indent}  `, WIDTH)),
  ];
}

function fixLines(fix: string, paint: Paint): string[] {
  const parts = fix.split('; ');
  const label = paint('green', 'fix:');
  if (parts.length === 1) return [`${INDENT}${label} ${fix}`];
  return [`${INDENT}${label}`, ...parts.map((part) => `${INDENT}  ${part}`)];
}
