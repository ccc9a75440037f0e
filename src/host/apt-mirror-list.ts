/** One line of a list of mirrors: apt-transport-mirror(1). */
export interface Mirror {
  uri: string;
  /** Lower is tried earlier; a line without one comes last. */
  priority: number;
  /** `arch`, `codename`, `suite`, `type`: for what alone the mirror is to be used. */
  only: Record<string, string[]>;
}

/**
 * Reads a list of mirrors, best first. Fields are separated by tabs or blanks:
 *
 *     # ours, then the world's
 *     http://mirror.example/debian	priority:1 arch:amd64
 *     https://deb.example/debian
 */
export function parseMirrorList(text: string): Mirror[] {
  const mirrors = text.split(/\r?\n/).flatMap((line): Mirror[] => {
    const [uri = '', ...fields] = line.trim().split(/\s+/);
    if (uri === '' || uri.startsWith('#') || !uri.includes(':')) return [];
    const only: Record<string, string[]> = {};
    let priority = Number.POSITIVE_INFINITY;
    for (const field of fields) {
      const [name = '', value = ''] = field.split(/:(.*)/);
      if (name === 'priority') priority = Number(value);
      else only[name] = [...(only[name] ?? []), value];
    }
    return [{ uri, priority, only }];
  });
  return mirrors.sort((a, b) => (a.priority === b.priority ? 0 : a.priority - b.priority));
}

/** `mirror+file:///etc/apt/mirrors/debian.list -> /etc/apt/mirrors/debian.list`; null where the list is not a file here. */
export function mirrorListPath(uri: string): string | null {
  const path = /^mirror\+(?:file|copy):(\/.*)$/.exec(uri)?.[1];
  return path === undefined ? null : path.replace(/^\/+/, '/').replace(/\/$/, '');
}
