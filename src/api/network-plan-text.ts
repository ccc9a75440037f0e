import { diffLines } from '../base/line-diff.ts';
import { changeTitle } from '../model/change-title.ts';
import type { NetworkChange } from '../model/network-change.ts';
import type { Finding } from '../model/network-finding.ts';
import type { FileChange, NetworkPlan } from '../model/network-plan.ts';

type Planned = Omit<NetworkPlan, 'number'> & { number?: number };

/** A plan in words: what `lodge net plan` prints and the golden tests store. */
export function renderPlanText(plan: Planned): string {
  return [
    headline(plan),
    section(
      'steps, each taken back by its inverse if anything goes wrong',
      plan.steps.flatMap(({ title, why }, index) => [`${String(index + 1).padStart(3)}  ${title}`, `     ${why}`]),
    ),
    section('files, written only after the confirmation', plan.files.flatMap(renderFileChange)),
    section('made at each boot by a unit of Lodge’s own', bootLines(plan)),
    section('what to know before', plan.findings.flatMap(renderFinding)),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function headline({ number, parent, layout, owner, steps, files }: Planned): string {
  const name = number === undefined ? 'plan' : `plan ${number}`;
  const from = parent === null ? 'from what the provider delivered' : `from plan ${parent}`;
  const to = layout === null ? 'back to what the provider delivered' : `to the layout ${layout}`;
  const count = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  const who = owner === 'none' ? 'no program configures the network at boot' : `the network is ${owner}'s`;
  return `${name}: ${from} ${to}; ${who}; ${count}\n`;
}

function section(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${heading}:\n${lines.map((line) => `${line}\n`).join('')}`;
}

function renderFileChange({ path, before, after, why }: FileChange): string[] {
  const what = before === null ? 'new' : after === null ? 'removed' : 'changed';
  const lines = diffLines(before ?? '', after ?? '');
  return [`  ${path} (${what}: ${why})`, ...lines.map(({ mark, text }) => `    ${mark} ${text}`.trimEnd())];
}

function bootLines({ atBoot }: Planned): string[] {
  const line = (when: string) => (change: NetworkChange) => `  ${when}: ${changeTitle(change)}`;
  return [...atBoot.early.map(line('before the network')), ...atBoot.late.map(line('after it'))];
}

export function renderFinding({ level, what, cause, consequence, fix }: Finding): string[] {
  const lines = [`  ${level}: ${what}`, `    why: ${cause}`, `    so:  ${consequence}`];
  return fix === null ? lines : [...lines, `    fix: ${fix}`];
}
