import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Put in by build.ts; a checkout has neither.
declare const LODGE_BUNDLE: boolean | undefined;
declare const LODGE_VERSION: string | undefined;

/** Whether this is the shipped bundle, whose files lie side by side in one directory, or a checkout. */
const bundled = typeof LODGE_BUNDLE !== 'undefined' && LODGE_BUNDLE;

export function lodgeVersion(): string {
  if (typeof LODGE_VERSION !== 'undefined') return LODGE_VERSION;
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The launcher that runs this, in a checkout and in a package. */
export function launcherPath(): string {
  return join(import.meta.dirname, bundled ? '../lodge' : '../../lodge');
}

/** The file that Node runs as the daemon. */
function daemonEntry(): string {
  return join(import.meta.dirname, bundled ? 'daemon.mjs' : '../daemon/main.ts');
}

/**
 * What keeps a daemon small that serves a thousand guests: V8 would give 16 MiB and more to each half of what is new, and a thread to
 * each processor for collecting it. Measured with 1,000 guests after 25 times `ls`: 103 MB without, 92 MB with. The daemon itself has it
 * collected when it is idle (daemon/give-back-memory.ts).
 */
const MEMORY_OPTIONS = ['--max-semi-space-size=4', '--v8-pool-size=1', '--expose-gc'];

/** What Node is given to run the daemon. node:sqlite still warns that it is new, which would only fill the log. */
export function daemonArguments(): string[] {
  return ['--disable-warning=ExperimentalWarning', ...MEMORY_OPTIONS, daemonEntry()];
}
