import { shellWord } from '../../base/quoting/shell-word.ts';
import { LEASE_CLIENTS, RUN_IN_TWIN } from './programs.ts';

/** What a program finds when it runs as at a boot. */
export interface BootRoom {
  /** Network configuration of every dialect, whole: what else lies in its places is not there. */
  files: readonly { path: string; text: string; mode: number }[];
  /** Lines for `ip -batch` that give a link what is leased to it, by its name. */
  leases: Readonly<Record<string, readonly string[]>>;
  /** Directories that are laid over those of the host: a program that is not installed. */
  binds?: readonly { from: string; to: string }[] | undefined;
}

/** Where Lodge's own things lie in the room. */
export const ROOM = '/run/lodge-boot';
/** Words between what the program said and what the recorders noted. */
export const NOTES = '== notes of the recorders ==';

/** Where an owner's files of every dialect lie: emptied before the planned ones are written. Those of packages stay. */
const CONFIGURED = '/etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/* /etc/systemd/network/*';

/** All that a configuration of networks needs; not SYS_ADMIN (mounts, other namespaces), SYS_MODULE, SYS_BOOT, MKNOD, SYS_PTRACE … */
const ABILITIES =
  'chown,dac_override,fowner,kill,setgid,setuid,setpcap,net_admin,net_raw,net_bind_service,net_broadcast';

/**
 * The host's file systems, to be read: below /etc, /usr, /var and the like what is written is gone with the room, everywhere else nothing
 * can be written. Sockets of daemons (/run, /tmp) and devices are not there. Of /proc and /sys only the network's own settings can be
 * written, which belong to the namespace.
 */
const MOUNTS = `set -e
mount --make-rprivate /
while read -r _ _ _ _ point _; do
  case $point in /proc|/proc/*|/sys|/sys/*|/dev|/dev/*|/run|/run/*|/tmp) continue;; esac
  point=$(printf '%b' "$point")
  [ ! -e "$point" ] || mount -o remount,bind,ro "$point" 2>/dev/null || umount -l "$point"
done < /proc/self/mountinfo
mount -t tmpfs -o mode=755,size=128m lodge /run
mkdir -p ${ROOM}/leases /run/network /run/lock /run/netns
for place in /*; do
  case $place in /proc|/sys|/dev|/run|/tmp) continue;; esac
  if [ -h "$place" ] || [ ! -d "$place" ]; then continue; fi
  mkdir -p "${ROOM}/up$place" "${ROOM}/work$place"
  mount -t overlay overlay -o "lowerdir=$place,upperdir=${ROOM}/up$place,workdir=${ROOM}/work$place" "$place" 2>/dev/null && continue
  [ "$place" = /etc ] || continue
  cp -a /etc ${ROOM}/etc
  mount --bind ${ROOM}/etc /etc
done
`;

/** What would be of others there, and what is the room's own: of /proc and /sys the settings of this namespace. */
const KERNEL = `for place in /tmp /var/tmp /var/log; do if [ -d $place ]; then mount -t tmpfs -o mode=1777,size=64m lodge $place; fi; done
mount -t tmpfs -o mode=755,size=1m lodge /dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 /dev/\${device%:*} c 1 \${device#*:}; done
mkdir /dev/net
mknod -m 666 /dev/net/tun c 10 200
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
mount -t proc proc /proc
mkdir ${ROOM}/settings ${ROOM}/links
mount --bind /proc/sys/net ${ROOM}/settings
mount -o remount,bind,ro /proc
mount --bind ${ROOM}/settings /proc/sys/net
mount --bind /sys/devices/virtual/net ${ROOM}/links
mount -o remount,bind,ro /sys
mount --bind ${ROOM}/links /sys/devices/virtual/net
`;

/** One that notes what it was called with. What is leased comes with a client that asks; who waits, waits a moment. */
const RECORDER = `cat > ${ROOM}/recorder <<'END'
#!${ROOM}/sh
name=\${1##*/}
shift
case $name in
  sleep)
    case \${1:-} in 0.*|.*) exec ${ROOM}/sleep "$1";; esac
    echo "waits $*" >> ${ROOM}/notes
    exec ${ROOM}/sleep 0.2;;
  systemctl)
    case \${1:-} in is-*) exit 1;; esac;;
  ${LEASE_CLIENTS.join('|')})
    case " $* " in *" -x "*|*" -r "*) exit 0;; esac
    for link do [ -s "${ROOM}/leases/$link" ] || continue
      ip link set "$link" up
      ip -force -batch - < "${ROOM}/leases/$link" > /dev/null 2>&1
      echo "lease $link" >> ${ROOM}/notes
      exit 0
    done
    echo "no-lease $name $*" >> ${ROOM}/notes
    exit 2;;
esac
echo "called $name $*" >> ${ROOM}/notes
exit 0
END
chmod 755 ${ROOM}/recorder
: > ${ROOM}/notes
chmod 666 ${ROOM}/notes
`;

/** Puts the recorder in the place of every program of the distribution that is not run. `/bin` is a directory of its own on old hosts. */
const PROGRAMS = `for place in /usr /bin /sbin; do
  if [ -h $place ] || [ ! -d $place ]; then continue; fi
  mkdir -p ${ROOM}/real$place
  mount --bind $place ${ROOM}/real$place
done
real=${ROOM}/real
PATH=$real/usr/sbin:$real/usr/bin:$real/sbin:$real/bin
for place in /usr/bin /usr/sbin /bin /sbin; do
  if [ -h $place ] || [ ! -d $place ]; then continue; fi
  mount -t tmpfs -o mode=755,size=32m lodge $place
  cd $place
  set --
  for name in ${RUN_IN_TWIN.join(' ')}; do if [ -e "$real$place/$name" ] || [ -h "$real$place/$name" ]; then set -- "$@" "$real$place/$name"; fi; done
  for path in "$real$place"/python3.* "$real$place"/perl5.*; do if [ -e "$path" ]; then set -- "$@" "$path"; fi; done
  [ $# = 0 ] || ln -s -t . "$@"
  for path in "$real$place"/*; do
    name=\${path##*/}
    [ -e "$name" ] || { echo '#!${ROOM}/recorder' > "$name" && echo "$name"; }
  done > ${ROOM}/recorded
  xargs chmod 755 < ${ROOM}/recorded
done
cd /
`;

/**
 * The script that makes the room and runs `command` in it: for the standard input of a shell that is the first process of namespaces of
 * its own (mounts, processes). Everything that the command leaves running ends with it.
 */
export function roomScript(room: BootRoom, command: string, limitSec: number): string {
  return [
    MOUNTS,
    // Their sources may be in /tmp.
    ...(room.binds ?? []).map(
      ({ from, to }) => `mkdir -p ${shellWord(to)}\nmount --bind ${shellWord(from)} ${shellWord(to)}\n`,
    ),
    KERNEL,
    `rm -rf ${CONFIGURED}\n`,
    ...room.files.map(({ path, text, mode }) => fileLines(path, text, mode)),
    ...Object.entries(room.leases).map(([link, lines]) => fileLines(`${ROOM}/leases/${link}`, lines.join('\n'), 0o644)),
    fileLines(`${ROOM}/command`, command, 0o755),
    RECORDER,
    PROGRAMS,
    `ln -s "$(command -v sh)" "$(command -v sleep)" ${ROOM}
timeout -k 1 ${limitSec} setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,${ABILITIES.split(',')
      .map((ability) => `+${ability}`)
      .join(
        ',',
      )} env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh ${ROOM}/command < /dev/null 2>&1 && code=0 || code=$?
echo
echo '${NOTES}'
echo "ended $code"
head -c 65536 ${ROOM}/notes
`,
  ].join('');
}

function fileLines(path: string, text: string, mode: number): string {
  const directory = shellWord(path.slice(0, path.lastIndexOf('/')) || '/');
  const encoded = Buffer.from(text).toString('base64');
  return `mkdir -p ${directory}\nbase64 -d > ${shellWord(path)} <<'END'\n${encoded}\nEND\nchmod ${mode.toString(8)} ${shellWord(path)}\n`;
}
