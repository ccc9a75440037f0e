import { readIfPresent } from './files.ts';

/** What os-release(5) says: `{ id: 'debian', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' }`. */
export interface OsRelease {
  id: string | null;
  codename: string | null;
  name: string | null;
}

export async function readOsRelease(file = '/etc/os-release'): Promise<OsRelease> {
  const fields = new Map<string, string>();
  for (const line of ((await readIfPresent(file)) ?? '').split('\n')) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line.trimEnd());
    if (match?.[1] !== undefined) fields.set(match[1], match[3] ?? '');
  }
  return {
    id: fields.get('ID') ?? null,
    codename: fields.get('VERSION_CODENAME') ?? null,
    name: fields.get('PRETTY_NAME') ?? null,
  };
}
