import { pendingText, wantedText } from '../../api/pending-text.ts';
import { routes } from '../../api/routes.ts';
import type { GuestDetail } from '../../api/types.ts';
import { formatSize, MIB } from '../../base/size.ts';
import { renderSection } from '../../base/text-table.ts';
import { guestCan } from '../../model/guest.ts';
import type { PendingField } from '../../model/pending-change.ts';
import { formatPublish } from '../../model/published-port.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { formatInstant } from '../instant.ts';
import { canRead, loginWay } from '../login-way.ts';

export async function run({ client, output }: CliContext, input: CommandInput): Promise<undefined> {
  const guest = await client.request<GuestDetail>('GET', routes.guestWithAgent(input.first));
  output.result(guest, () => renderGuest(guest, canRead(guest.ssh.identityFile)));
}

/** @param readsLodgeKey whether this user comes in by Lodge's own key */
export function renderGuest(guest: GuestDetail, readsLodgeKey = true): string {
  const sections = [
    stateSection(guest, readsLodgeKey),
    resourceSection(guest),
    networkSection(guest),
    agentSection(guest),
    fileSection(guest),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function stateSection(guest: GuestDetail, readsLodgeKey: boolean): string {
  const { spec } = guest;
  const way = loginWay(guest, readsLodgeKey);
  return renderSection(spec.name, [
    ['state', guest.phase],
    ['error', guest.lastError],
    ['pending', guest.pendingRestart ? pendingLine(guest) : null],
    ['operation', guest.operation],
    ['created', formatInstant(guest.createdAtMs)],
    ['started', guest.startedAtMs === null ? null : formatInstant(guest.startedAtMs)],
    ['pid', guest.pid === null ? null : String(guest.pid)],
    ['restart', spec.restartPolicy],
    ['with the host', spec.startWithHost ? 'starts' : 'stays off'],
    [way?.what ?? 'log in', way?.how ?? null],
  ]);
}

function pendingLine({ spec, pending = [] }: GuestDetail): string {
  const what = pending.length === 0 ? 'changes' : pending.map(pendingText).join(', ');
  return `${what}: lodge restart ${spec.name}`;
}

/** What runs, and after it what the next start makes of it. */
function withNext(runs: string, { pending = [] }: GuestDetail, field: PendingField): string {
  const change = pending.find((one) => one.field === field);
  return change === undefined ? runs : `${runs}; ${wantedText(change)} at the next start`;
}

function resourceSection(guest: GuestDetail): string {
  const { spec: wanted, accel, memoryActualMiB, diskStoredBytes } = guest;
  const spec = guest.running ?? wanted;
  const next = (runs: string, field: PendingField) => withNext(runs, guest, field);
  const balloon = memoryActualMiB === null ? '' : `, the guest has ${formatSize(memoryActualMiB * MIB)} at this moment`;
  const stored = diskStoredBytes === null ? '' : `, ${formatSize(diskStoredBytes)} stored`;
  const { disk } = spec;
  // What a running QEMU was to boot from once it has booted from.
  const { order, once } = guest.running ? { ...guest.running.boot, once: null } : wanted.boot;
  return renderSection('machine', [
    ['memory', next(`${formatSize(spec.memoryMiB * MIB)}${balloon}`, 'memoryMiB')],
    ['vcpus', next(`${spec.vcpus}, CPU ${spec.cpu}`, 'vcpus')],
    ['accelerator', accel === null ? spec.accel : accel],
    ['disk', `${formatSize(disk.sizeBytes)} ${disk.format}${stored}, cache ${disk.cache}, discard ${disk.discard}`],
    ['image', spec.image],
    ['cd', spec.iso],
    ['boot', next(`order ${order}${once === null ? '' : `, once ${once}`}, ${spec.firmware}, ${spec.machine}`, 'boot')],
    ['watchdog', spec.watchdog],
    ['keymap', spec.keymap],
    ['uuid', spec.uuid],
  ]);
}

function networkSection({ spec: { nic }, ipv6Off }: GuestDetail): string {
  return renderSection('network', [
    ['link', nic.link],
    ['ipv4', nic.ipv4],
    ['ipv6', ipv6Off === null ? nic.ipv6 : `none now: ${ipv6Off}; ${nic.ipv6} is kept for it`],
    ['mac', nic.mac],
    ['tap', nic.tap],
    ['connections', typeof nic.maxConnections === 'number' ? `at most ${nic.maxConnections} at once` : null],
    ['published', nic.publish.length === 0 ? null : nic.publish.map(formatPublish).join(', ')],
  ]);
}

/** What the guest says of itself, beside what it should be. */
function agentSection({ agent, phase }: GuestDetail): string {
  if (agent === undefined || !guestCan(phase, 'exec')) return '';
  if (agent === null) return renderSection("the guest's agent", [['answer', 'none within a second']]);
  const { addresses, differences } = agent;
  return renderSection("the guest's agent says", [
    ['name', agent.hostName],
    ['system', agent.os],
    ['addresses', addresses === null ? null : addresses.join(', ') || 'none'],
    ...differences.map((one): [string, string] => ['but', one]),
  ]);
}

function fileSection({ paths }: GuestDetail): string {
  return renderSection('files', [
    ['disk', paths.disk],
    ['serial log', paths.serialLog],
    ['qemu log', paths.qemuLog],
    ['vnc', paths.vncSocket],
    ['qmp', paths.qmpSocket],
  ]);
}
