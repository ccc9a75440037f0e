import { LodgeError, validationError } from '../../base/errors.ts';
import { makeDirectory, readIfPresent, writeFileAtomically } from '../../host/files.ts';
import { FILES } from '../../model/file-modes.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { Layout } from '../../model/layout.ts';
import { type FileProblem, parseHostYaml } from '../../parse/host-yaml.ts';
import { HOST_SCHEMA_FILE, renderHostSchema } from '../../render/host-schema.ts';

export function hostFileOf({ etcDir }: Layout): string {
  return `${etcDir}/host.yaml`;
}

/**
 * What the owner says the provider gave this host.
 *
 * @throws HOST_CONFIG_MISSING; VALIDATION_FAILED with every mistake, its path `host.yaml:LINE:COLUMN KEY`
 */
export async function readHostConfig(layout: Layout): Promise<HostConfig> {
  const path = hostFileOf(layout);
  const text = await readIfPresent(path);
  if (text === null) {
    throw new LodgeError('HOST_CONFIG_MISSING', `there is no ${path}: what the provider gave this host is not known`, {
      hint: 'lodge net import',
    });
  }
  return parseHostText(path, text);
}

/** @throws VALIDATION_FAILED */
export function parseHostText(path: string, text: string): HostConfig {
  const read = parseHostYaml(text);
  if (read.ok) return read.config;
  throw validationError(path, read.problems.map(toProblem));
}

/** `host.yaml:10:12 ipv4.gateway`: an editor finds it. */
function toProblem({ path, line, column, rule, value }: FileProblem) {
  return { path: `host.yaml:${line}:${column}${path === '' ? '' : ` ${path}`}`, rule, value };
}

/** Writes host.yaml, and beside it the schema that its first line points editors to. `before` is kept as host.yaml.before. */
export async function writeHostFile(layout: Layout, text: string, before: string | null): Promise<void> {
  const path = hostFileOf(layout);
  await makeDirectory(layout.etcDir);
  await writeFileAtomically(`${layout.etcDir}/${HOST_SCHEMA_FILE}`, renderHostSchema(), {
    mode: FILES.hostSchema.mode,
  });
  if (before !== null) await writeFileAtomically(`${path}.before`, before, { mode: FILES.hostConfig.mode });
  await writeFileAtomically(path, text, { mode: FILES.hostConfig.mode });
}
