import { readFileSync } from 'node:fs';

/** Whether our user namespace knows the number, as a user's and as a group's (user_namespaces(7)). */
export function isMappedId(id: number): boolean {
  return ['uid_map', 'gid_map'].every((name) => holds(readFileSync(`/proc/self/${name}`, 'utf8'), id));
}

/** `         0          0 4294967295`: first number inside, first number outside, how many. */
function holds(map: string, id: number): boolean {
  return map
    .trim()
    .split('\n')
    .some((line) => {
      const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return id >= inside && id < inside + count;
    });
}
