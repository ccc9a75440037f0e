import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Put in by build.ts; a checkout reads its package.json.
declare const LODGE_VERSION: string | undefined;

export function lodgeVersion(): string {
  if (typeof LODGE_VERSION !== 'undefined') return LODGE_VERSION;
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
