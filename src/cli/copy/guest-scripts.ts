/** What runs in the guest for a copy, by `sh -c`. Paths come as positional parameters and are never read as shell. */

/** The exit codes for a path that is not there, and for one that is no file or directory. */
export const MISSING = 44;
export const SPECIAL = 45;

/** Sets \`kind\` to what \`$1\` is when no copy may be made of it, or take its place; links are followed. */
const SPECIAL_KIND = `
special() {
  kind=
  [ ! -p "$1" ] || kind='a FIFO'
  [ ! -S "$1" ] || kind='a socket'
  [ ! -b "$1" ] && [ ! -c "$1" ] || kind='a device'
  [ -n "$kind" ]
}
`;

const PLACE = `${SPECIAL_KIND}
merge() {
  for one in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$one" ] || [ -L "$one" ] || continue
    place "$one" "$2/\${one##*/}" || exit 1
  done
}
place() {
  if [ -d "$1" ] && [ ! -L "$1" ] && [ -d "$2" ] && [ ! -L "$2" ]; then
    (merge "$1" "$2")
    return
  fi
  if [ -d "$2" ] && [ ! -L "$2" ]; then
    echo "$2: is a directory of the guest" >&2
    return 1
  fi
  if [ -d "$1" ] && [ ! -L "$1" ] && { [ -e "$2" ] || [ -L "$2" ]; }; then
    echo "$2: is in the guest and no directory" >&2
    return 1
  fi
  if special "$2"; then
    echo "$2: is $kind of the guest, and stays" >&2
    return 1
  fi
  [ ! -L "$2" ] || [ ! -d "$2" ] || rm -f -- "$2" || return 1
  mv -f -- "$1" "$2"
}
`;

/** What a shell or a tool of the guest would say in its own words is looked at before. */
const NEED_TAR = `
command -v tar >/dev/null || { echo 'there is no program tar in the guest, and lodge cp needs it' >&2; exit 1; }
`;
const MAKE_WORK = `
mkdir -m 700 -- "$work" 2>/dev/null || {
  echo "$into: the guest lets nothing be written there (no right to, no space, or read-only)" >&2
  exit 1
}
`;
const CHECK_READABLE = `
[ -r "$path" ] && { [ ! -d "$path" ] || [ -x "$path" ]; } || {
  echo "$path: the account may not read it in the guest" >&2
  exit 1
}
`;

/** $1 target, $2 whether it must be a directory (1 or 0): sets \`into\`, and \`name\` where the target is the copy's own name. */
const FIND_TARGET = `
case $1 in -*) target=./$1 ;; *) target=$1 ;; esac
name=
if [ -d "$target" ]; then
  into=$target
elif [ "$2" = 1 ]; then
  echo "$target: is no directory of the guest" >&2
  exit ${MISSING}
else
  case $target in
    */*) into=\${target%/*} name=\${target##*/} ;;
    *) into=. name=$target ;;
  esac
  into=\${into:-/}
  if [ ! -d "$into" ]; then
    echo "$into: is no directory of the guest" >&2
    exit ${MISSING}
  fi
fi
`;

/**
 * Unpacks the archive on the input beside the target, and renames when all of it is there: $1 target, $2 must it be a directory, $3 name
 * of the working directory, then the name of each source, by whose number the archive calls it.
 */
export const TAKE_TREE = `${PLACE}${FIND_TARGET}${NEED_TAR}
work=$into/$3
shift 3
${MAKE_WORK}
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
tar -C "$work" -xpof - || exit 1
[ -e "$work/end" ] || { echo 'the copy was cut off' >&2; exit 1; }
number=0
for source; do
  place "$work/$number" "$into/\${name:-$source}" || exit 1
  number=$((number + 1))
done
`;

/** The same for a stream of unknown length, in two steps: only the sender knows that it was whole. $3 as above. */
export const TAKE_STREAM = `${FIND_TARGET}
[ -n "$name" ] || { echo "$target: is a directory, and the stream has no name of its own" >&2; exit 1; }
work=$into/$3
${MAKE_WORK}
trap 'rm -rf -- "$work"; exit 1' HUP INT TERM
umask 022
cat >"$work/0" || { rm -rf -- "$work"; exit 1; }
`;

export const KEEP_STREAM = `${PLACE}${FIND_TARGET}
work=$into/$3
trap 'rm -rf -- "$work"' EXIT
place "$work/0" "$into/$name"
`;

/** Packs $1 to the output: a directory as \`.\`, anything else under its own name. A named link is followed. */
export const GIVE_TREE = `${SPECIAL_KIND}
case $1 in -*) path=./$1 ;; *) path=$1 ;; esac
if [ ! -e "$path" ]; then
  echo "$path: there is no such file or directory in the guest" >&2
  exit ${MISSING}
fi
if special "$path"; then
  echo "$path: is $kind of the guest, and no file or directory" >&2
  exit ${SPECIAL}
fi
${CHECK_READABLE}${NEED_TAR}
format=
tar --format=posix -cf /dev/null /dev/null 2>/dev/null && format=--format=posix
if [ -d "$path" ]; then exec tar -C "$path" $format -cf - .; fi
case $path in */*) directory=\${path%/*} ;; *) directory=. ;; esac
cd -- "\${directory:-/}" 2>/dev/null || { echo "$directory: the account may not enter it in the guest" >&2; exit 1; }
exec tar $format -chf - "./\${path##*/}"
`;

export const GIVE_FILE = `
case $1 in -*) path=./$1 ;; *) path=$1 ;; esac
if [ ! -e "$path" ]; then
  echo "$path: there is no such file or directory in the guest" >&2
  exit ${MISSING}
fi
${CHECK_READABLE}
[ ! -d "$path" ] || { echo "$path: is a directory of the guest, and the standard output takes one file" >&2; exit 1; }
exec cat -- "$path"
`;
