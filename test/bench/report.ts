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

const METHOD = `
Lodge is measured as README's reader runs it: \`./lodge\` in a checkout, each command a whole process from its start to its end, with a
running daemon. The peer is libvirt from Debian, in a mount and network namespace of its own; its log daemon, cgroups, confinement and
its namespaces for QEMU are switched off, which makes it quicker.

- *\`lodge ls\`*: a thousand guests in the store, against a thousand defined domains. The launcher asks the daemon without Node.
- *Memory*: VmRSS of the daemon after it has answered the lists, with the monitors of ten running guests open. libvirtd's is there to compare.
- *\`lodge start\`*: the same QEMU binary with the same devices under emulation. Lodge also writes its record, gives the tap its addresses,
  loads the anti-spoofing and starts DNS and DHCP in that time; libvirt makes a bare tap. Killed between the rounds.
- *\`lodge create\`*: from the command's start until it ends, which is when the SSH server has greeted. By hand, the clock starts with QEMU, with
  the very arguments of \`lodge command\`; the overlay, the identity and the tap were made before it. Both in one network namespace.
- *Boot*: a Debian 12 of Debian's packages with cloud-init and netplan, seeded by NoCloud; its GRUB waits for nobody.
- *Anti-spoofing*: UDP with 64 bytes, one flow, veth in the place of tap; the same tables without the looks at the sets.
`;

/** docs/reference/benchmarks.md */
export async function renderPage(rows: readonly Row[], loadBefore: number): Promise<string> {
  return `# Benchmarks

Written by \`npm run bench\`, all of it from one run on ${new Date().toISOString().slice(0, 10)}. ${await describeMachine(loadBefore)}

${renderTable(rows)}

Figures are medians, with the least and the most in parentheses. Ours and the peer's are measured in turns, and the one that is
first changes from pair to pair, so that what else the machine does meets both. A ratio is ours by the peer's.

## What is measured

${METHOD.trim()}
`;
}

async function describeMachine(loadBefore: number): Promise<string> {
  const { version } = await observeQemu();
  const { stdout: peer } = await exec('apt-cache', ['show', '--no-all-versions', 'libvirt-daemon']).catch(() => {
    return { stdout: '' };
  });
  const osRelease = await readFile('/etc/os-release', 'utf8');
  const system = /^PRETTY_NAME="(.*)"/m.exec(osRelease)?.[1] ?? 'Linux';
  const size = `${cpus().length} processors (${arch()}) and ${Math.round(totalmem() / GIB)} GiB of memory`;
  const versions = `QEMU ${version}, libvirt ${/^Version: (.*)$/m.exec(peer)?.[1] ?? '?'}, Node ${process.versions.node}`;
  return `The machine: ${size}, shared with other work (load average ${loadBefore.toFixed(1)} when the run began); guests run under emulation (TCG); ${system}, Linux ${release().split('-')[0]}, ${versions}.`;
}
