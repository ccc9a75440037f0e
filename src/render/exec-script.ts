/**
 * What the guest agent starts for each command, by `setsid sh -c`. Words that the caller chose come as positional parameters and are
 * never read as shell. POSIX sh with builtins where it can: each program more costs a slow guest 30 ms.
 *
 *     $1 lane   $2 input (1, or 0 for /dev/null)   $3 account   $4 directory ('' is its home)
 *     $5 count of K=V words, then these, then the command
 *
 * The token is the first line of its standard input: among the words, a command that shows processes would show the token, and
 * with it the end of its own output. It writes the token and a newline to the output's port before the command, and to both ports after it the token, the exit code and a
 * newline. The first write waits until QEMU has told the guest that we are connected: input read before that would seem to be at its end.
 */
export const EXEC_SCRIPT = `
find_port() {
  for directory in /sys/class/virtio-ports/*; do
    read -r name <"$directory/name" 2>/dev/null || continue
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
run='directory=$1 count=$2
shift 2
if [ -n "$directory" ]; then cd -- "$directory" || exit 126; else cd -- "$HOME" 2>/dev/null || cd /; fi
unset OLDPWD
while [ "$count" -gt 0 ]; do export "$1"; shift; count=$((count - 1)); done
exec "$@"'
HOME=$home USER=$account LOGNAME=$account SHELL=\${shell:-/bin/sh}
export HOME USER LOGNAME SHELL
if [ "$uid" != 0 ]; then
  PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
  if setpriv --reuid "$uid" --regid "$gid" --init-groups -- true 2>/dev/null; then
    set -- setpriv --reuid "$uid" --regid "$gid" --init-groups -- sh -c "$run" lodge "$@"
  else
    set -- su -s /bin/sh -c "$run" -- "$account" lodge "$@"
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
