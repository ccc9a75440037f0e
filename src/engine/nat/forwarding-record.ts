import { dirname } from 'node:path';
import { z } from 'zod';
import { makeDirectory, readIfPresent, writeFileAtomically } from '../../host/files.ts';
import { readBootId } from '../../host/kernel.ts';
import { readNetworkNamespace } from '../../host/netns.ts';
import { readSysctl, type SysctlPath } from '../../host/sysctl.ts';
import { FILES } from '../../model/file-modes.ts';

const RecordSchema = z.object({
  bootId: z.string(),
  namespace: z.string(),
  /** net.ipv4.ip_forward as it was found. */
  ipv4Forwarding: z.string(),
  /** Settings in the order in which they were changed. */
  changes: z.array(z.object({ path: z.array(z.string()), before: z.string(), during: z.string() })),
});

/** The host's settings as they were before Lodge changed them. */
export type ForwardingRecord = z.infer<typeof RecordSchema>;
export type SettingChange = ForwardingRecord['changes'][number];

export const IPV4_FORWARDING: SysctlPath = ['net', 'ipv4', 'conf', 'all', 'forwarding'];

/** Null when there is none, or when it speaks of another boot or namespace, whose settings are gone. */
export async function loadForwardingRecord(file: string): Promise<ForwardingRecord | null> {
  const text = await readIfPresent(file);
  if (text === null) return null;
  const record = RecordSchema.parse(JSON.parse(text));
  const isHere = record.bootId === (await readBootId()) && record.namespace === (await readNetworkNamespace('self'));
  return isHere ? record : null;
}

/** Notes changes on the disk; of a setting that is noted already the oldest value stays. */
export async function noteChanges(file: string, changes: SettingChange[], ipv4Forwarding?: string): Promise<void> {
  const record = (await loadForwardingRecord(file)) ?? (await emptyRecord(ipv4Forwarding));
  const known = new Set(record.changes.map((change) => change.path.join('/')));
  const added = changes.filter((change) => !known.has(change.path.join('/')));
  if (added.length === 0) return;
  await makeDirectory(dirname(file), { mode: FILES.natDir.mode });
  const text = JSON.stringify({ ...record, changes: [...record.changes, ...added] }, null, 2);
  await writeFileAtomically(file, `${text}\n`, { mode: FILES.natRecord.mode });
}

async function emptyRecord(ipv4Forwarding?: string): Promise<ForwardingRecord> {
  return {
    bootId: await readBootId(),
    namespace: (await readNetworkNamespace('self')) ?? '',
    ipv4Forwarding: ipv4Forwarding ?? (await readSysctl(IPV4_FORWARDING)) ?? '0',
    changes: [],
  };
}
