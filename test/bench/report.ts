import { readFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import { exec } from '../../src/host/exec.ts';
import { observeQemu } from '../../src/qemu/abilities.ts';
import type { Row } from './measure.ts';

const GIB = 1024 ** 3;

/** The results as a table for people: aligned in the terminal, a table of Markdown all the same. */
export function renderTable(rows: readonly Row[]): string {
  const head = ['what', 'ours', 'peer', 'ratio', 'budget', 'met'];
  const lines = rows.map(({ what, ours, peer, ratio, budget, met }) => {
    return [what, ours, peer, ratio === null ? '–' : ratio.toFixed(2), budget, met ? 'met' : '**not met**'];
  });
  const widths = head.map((_, column) => Math.max(3, ...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const text = (line: string[]) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [text(head), rule, ...lines.map(text)].join('\n');
}

/** docs/reference/benchmarks.md */
export async function renderPage(rows: readonly Row[], method: string): Promise<string> {
  return `# Benchmarks

Written by \`npm run bench\`, all of it from one run on ${new Date().toISOString().slice(0, 10)}. ${await describeMachine()}

${renderTable(rows)}

Figures are medians, with the least and the most in parentheses. Ours and the peer's are measured in turns, and the one that is
first changes from pair to pair, so that what else the machine does meets both. A ratio is ours by the peer's.

## What is measured

${method.trim()}
`;
}

async function describeMachine(): Promise<string> {
  const { version } = await observeQemu();
  const { stdout: peer } = await exec('apt-cache', ['show', '--no-all-versions', 'libvirt-daemon']).catch(() => {
    return { stdout: '' };
  });
  const osRelease = await readFile('/etc/os-release', 'utf8');
  const system = /^PRETTY_NAME="(.*)"/m.exec(osRelease)?.[1] ?? 'Linux';
  const size = `${cpus().length} processors (${arch()}) and ${Math.round(totalmem() / GIB)} GiB of memory`;
  const versions = `QEMU ${version}, libvirt ${/^Version: (.*)$/m.exec(peer)?.[1] ?? '?'}, Node ${process.versions.node}`;
  return `The machine: ${size}, shared with other work; guests run under emulation (TCG); ${system}, Linux ${release().split('-')[0]}, ${versions}.`;
}
