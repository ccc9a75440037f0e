import { PROGRAM_CHECK } from './program-check.ts';

/**
 * What runs as the account, with the command's own streams: $0 who speaks, then $4 and all after it as below. Whatever a shell would
 * complain of in its own words is looked at before and told in ours; what the command says itself is its own.
 */
export const EXEC_RUN = `
lodge_refuse() {
  printf "%s: %s\\n" "$0" "$1" >&2
  exit "$2"
}
lodge_cwd=$1 lodge_count=$2
shift 2
if [ -z "$lodge_cwd" ]; then
  cd -- "$HOME" 2>/dev/null || cd /
elif [ ! -e "$lodge_cwd" ]; then
  lodge_refuse "--cwd: there is no directory $lodge_cwd in the guest" 126
elif [ ! -d "$lodge_cwd" ]; then
  lodge_refuse "--cwd: $lodge_cwd is no directory of the guest" 126
else
  cd -- "$lodge_cwd" 2>/dev/null || lodge_refuse "--cwd: the account may not enter $lodge_cwd of the guest" 126
fi
unset OLDPWD
while [ "$lodge_count" -gt 0 ]; do
  (export "$1") 2>/dev/null || lodge_refuse "--env: a shell of the guest keeps \${1%%=*} for itself" 126
  export "$1"
  shift
  lodge_count=$((lodge_count - 1))
done
lodge_program= lodge_blocked=
case $1 in
  */*) lodge_rest=: ;;
  *) lodge_rest=$PATH: ;;
esac
while [ -n "$lodge_rest" ]; do
  lodge_at=\${lodge_rest%%:*} lodge_rest=\${lodge_rest#*:}
  case $1 in
    */*) lodge_at=$1 ;;
    *) lodge_at=\${lodge_at:-.}/$1 ;;
  esac
  [ -f "$lodge_at" ] || continue
  if [ -x "$lodge_at" ]; then
    lodge_program=$lodge_at
    break
  fi
  lodge_blocked=\${lodge_blocked:-$lodge_at}
done
if [ -z "$lodge_program" ]; then
  [ -z "$lodge_blocked" ] || lodge_refuse "$lodge_blocked in the guest is not executable" 126
  case $1 in */*) [ ! -d "$1" ] || lodge_refuse "$1 in the guest is a directory, no program" 126 ;; esac
  lodge_refuse "there is no program $1 in the guest" 127
fi
${PROGRAM_CHECK}exec "$@"`;

/**
 * What the guest agent starts for each command, by `setsid sh -c`. Words that the caller chose come as positional parameters and are
 * never read as shell. POSIX sh with builtins where it can: each program more costs a slow guest 30 ms.
 *
 *     $1 lane's name   $2 input (1, or 0 for /dev/null)   $3 account   $4 directory ('' is its home)
 *     $5 count of K=V words, then these, then the command
 *
 * The token is the first line of its standard input: among the words, a command that shows processes would show the token, and
 * with it the end of its own output. It writes the token and a newline to the output's port before the command, and to both ports after it the token, the exit code and a
 * newline. The first write waits until QEMU has told the guest that we are connected: input read before that would seem to be at its end.
 */
export const EXEC_SCRIPT = `
find_port() {
  for directory in /sys/class/virtio-ports/*; do
    read -r name 2>/dev/null <"$directory/name" || continue
    [ "$name" != "$1" ] || { port=/dev/\${directory##*/}; return 0; }
  done
  return 1
}
find_account() {
  while IFS=: read -r name _ uid gid _ home shell; do
    [ "$name" != "$1" ] || return 0
  done
  return 1
}
read -r token || exit 1
lane=$1 input=$2 account=$3
shift 3
tries=0
until find_port "lodge.$lane.out"; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "there is no port lodge.$lane.out" >&2; exit 1; }
  sleep 0.05 2>/dev/null || sleep 1
done
out=$port
find_port "lodge.$lane.err" || exit 1
err=$port
in=/dev/null
[ "$input" = 0 ] || { find_port "lodge.$lane.in" || exit 1; in=$port; }
exec 4>"$out" 5>"$err" 3<"$in"
trap : HUP INT TERM
if ! find_account "$account" </etc/passwd; then
  line=$(getent passwd "$account" 2>/dev/null) || line=
  if [ -z "$line" ]; then
    printf '%s\\n%saccount\\n' "$token" "$token" >&4
    printf '%saccount\\n' "$token" >&5
    exit 0
  fi
  IFS=: read -r name _ uid gid _ home shell <<END
$line
END
fi
run='${EXEC_RUN}'
HOME=$home USER=$account LOGNAME=$account SHELL=\${shell:-/bin/sh}
export HOME USER LOGNAME SHELL
if [ "$uid" != 0 ]; then
  # These are root's, and its PATH is not the account's.
  become=$(command -v runuser || command -v su) || become=
  PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
  if setpriv --reuid "$uid" --regid "$gid" --init-groups -- true 2>/dev/null; then
    set -- setpriv --reuid "$uid" --regid "$gid" --init-groups -- sh -c "$run" "$0" "$@"
  elif [ -n "$become" ]; then
    set -- "$become" -s /bin/sh -c "$run" -- "$account" "$0" "$@"
  else
    set -- sh -c 'printf "%s: --user: the guest has no program for it: setpriv, runuser or su\\n" "$0" >&2; exit 126' "$0"
  fi
  run='exec "$@"'
fi
printf '%s\\n' "$token" >&4
(
  exec 0<&3 1>&4 2>&5 3<&- 4>&- 5>&-
  eval "$run"
)
code=$?
printf '%s%s\\n' "$token" "$code" >&4
printf '%s%s\\n' "$token" "$code" >&5
`;

/** The environment of the script; what an account adds is the script's own work. */
export const EXEC_ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'];
