import type { Problem } from '../base/errors.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import type { DoctorCheck } from '../model/doctor.ts';
import { failing, fine, unchecked } from './doctor-check.ts';

export interface Mount {
  point: string;
  source: string;
  options: readonly string[];
}

/** A system is unpacked and its programs are run there: it needs devices and the right to execute. */
const IN_THE_WAY = ['ro', 'noexec', 'nodev'] as const;

/** What of the mount makes it impossible to build an image on it, with the command that mends it; null when nothing does. */
function obstacle(mount: Mount): { options: string; fix: string } | null {
  const options = IN_THE_WAY.filter((option) => mount.options.includes(option));
  if (options.length === 0) return null;
  const opposites = options.map((option) => (option === 'ro' ? 'rw' : option.slice(2)));
  return { options: options.join(','), fix: `mount -o remount,${opposites.join(',')} ${shellWord(mount.point)}` };
}

/** One problem, or none: the same words for `image build`, `create` and its dry run. */
export function mountProblem(path: string, work: string, place: string, mount: Mount | null): Problem[] {
  const found = mount === null ? null : obstacle(mount);
  if (mount === null || found === null) return [];
  const rule =
    `${work} makes devices and runs programs in ${place}, and ${mount.source} is mounted ${found.options} ` +
    `on ${mount.point}: ${found.fix}, and the same in /etc/fstab`;
  return [{ path, rule, value: undefined }];
}

export function judgeStateMount(place: string, mount: Mount | null): DoctorCheck {
  const id = 'state-mount';
  if (mount === null) return unchecked(id, `/proc/self/mountinfo names no mount for ${place}`);
  const found = obstacle(mount);
  if (found === null) return fine(id, `images can be built on ${mount.point}`);
  return failing(
    id,
    `images cannot be built: ${place} is mounted ${found.options}`,
    `${mount.source} on ${mount.point}. Building an image makes devices and runs programs there; images that are imported need neither`,
    `${found.fix}, and the same in /etc/fstab`,
  );
}
