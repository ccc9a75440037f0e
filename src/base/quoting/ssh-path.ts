/**
 * A path as the value of ssh's -o (ssh_config(5)): in double quotes blanks divide nothing, a backslash escapes a quote and itself, and
 * a % is written twice because of its tokens. `${` is a variable to ssh and has no other form: `LODGE_ROOT` may not have it.
 *
 *     /srv/a b/50%/known_hosts -> "/srv/a b/50%%/known_hosts"
 */
export function sshPath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}

/**
 * A socket's path in ssh's -L (ssh(1); parse_fwd_field of misc.c): a colon ends a field, and a backslash escapes it and itself.
 *
 *     /srv/a:b/50%/vnc.sock -> /srv/a\:b/50%%/vnc.sock
 */
export function sshForwardPath(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll(':', '\\:').replaceAll('%', '%%');
}
