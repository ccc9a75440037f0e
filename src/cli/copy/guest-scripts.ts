/** What runs in the guest for a copy, by `sh -c`. Paths come as positional parameters and are never read as shell. */

/** The exit codes for a path that is not there, for one that is no file or directory, and for a directory that can be made. */
export const MISSING = 44;
export const SPECIAL = 45;
export const NO_DIRECTORY = 46;

/**
 * \`say\`, since echo takes a backslash in a name for its own; and what the guest's tools complain of is read (guest-complaints.ts), whatever
 * the account's language.
 */
const WORDS = `
LC_MESSAGES=C
export LC_MESSAGES
say() {
  printf '%s\\n' "$1" >&2
}
`;

/** A path below a directory that the account may not enter is there, or not: nobody can say. */
const MAY_ENTER = `
may_enter() {
  case $1 in */*) above=\${1%/*} ;; *) return 0 ;; esac
  above=\${above:-/}
  [ -d "$above" ] && [ ! -x "$above" ] || return 0
  say "$above: the account may not enter it in the guest"
  exit 1
}
`;

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

/**
 * Renames what was unpacked to its own name. Below a directory that is there already another file system may begin, into which a rename is
 * a copy: that one has a name of its own until it is whole.
 */
const PLACE = `${SPECIAL_KIND}
device() {
  stat -c %d -- "$1" 2>/dev/null
}
merge() {
  part=
  [ "$(device "$1")" = "$(device "$2")" ] || part=$2/\${work##*/}
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
    say "$2: is a directory of the guest"
    return 1
  fi
  if [ -d "$1" ] && [ ! -L "$1" ] && { [ -e "$2" ] || [ -L "$2" ]; }; then
    say "$2: is in the guest and no directory"
    return 1
  fi
  if special "$2"; then
    say "$2: is $kind of the guest, and stays"
    return 1
  fi
  [ ! -L "$2" ] || [ ! -d "$2" ] || rm -f -- "$2" || return 1
  if [ -z "$part" ]; then
    mv -f -- "$1" "$2"
  else
    mv -f -- "$1" "$part" && mv -f -- "$part" "$2" || { rm -rf -- "$part"; return 1; }
  fi
}
part=
`;

/** What a shell or a tool of the guest would say in its own words is looked at before. */
const NEED_TAR = `
command -v tar >/dev/null || { say 'there is no program tar in the guest, and lodge cp needs it'; exit 1; }
`;
const MAKE_WORK = `
said=$(mkdir -m 700 -- "$work" 2>&1) || {
  say "$into: \${said##*: }"
  exit 1
}
`;
const CHECK_READABLE = `
[ -r "$path" ] && { [ ! -d "$path" ] || [ -x "$path" ]; } || {
  say "$path: the account may not read it in the guest"
  exit 1
}
`;

/** Says what is wrong with \`$1\`, into which the copy was to go. */
const REFUSE_PLACE = `
refuse_place() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    say "$1: is no directory of the guest"
    exit ${MISSING}
  fi
  may_enter "$1"
  say "there is no directory $1 in the guest"
  exit ${NO_DIRECTORY}
}
`;

/** $1 target, $2 whether it must be a directory (1 or 0): sets \`into\`, and \`name\` where the target is the copy's own name. */
const FIND_TARGET = `${REFUSE_PLACE}
case $1 in -*) target=./$1 ;; *) target=$1 ;; esac
name=
if [ -d "$target" ]; then
  into=$target
elif [ "$2" = 1 ]; then
  case $target in *[!/]/) refuse_place "\${target%/}" ;; *) refuse_place "$target" ;; esac
else
  case $target in
    */*) into=\${target%/*} name=\${target##*/} ;;
    *) into=. name=$target ;;
  esac
  into=\${into:-/}
  [ -d "$into" ] || refuse_place "$into"
fi
`;

/**
 * Unpacks the archive on the input beside the target, and renames when all of it is there: $1 target, $2 must it be a directory, $3 name
 * of the working directory, then the name of each source, by whose number the archive calls it.
 */
export const TAKE_TREE = `${WORDS}${MAY_ENTER}${PLACE}${FIND_TARGET}${NEED_TAR}
work=$into/$3
shift 3
${MAKE_WORK}
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
(cd -- "$work" && exec tar -xpof -) || exit 1
[ -e "$work/end" ] || { say 'the copy was cut off'; exit 1; }
number=0
for source; do
  place "$work/$number" "$into/\${name:-$source}" || exit 1
  number=$((number + 1))
done
`;

/** The same for a stream of unknown length, in two steps: only the sender knows that it was whole. $3 as above. */
export const TAKE_STREAM = `${WORDS}${MAY_ENTER}${FIND_TARGET}
[ -n "$name" ] || { say "$target: is a directory, and the stream has no name of its own"; exit 1; }
work=$into/$3
${MAKE_WORK}
trap 'rm -rf -- "$work"; exit 1' HUP INT TERM
umask 022
cat >"$work/0" || { rm -rf -- "$work"; exit 1; }
`;

export const KEEP_STREAM = `${WORDS}${MAY_ENTER}${PLACE}${FIND_TARGET}
work=$into/$3
trap 'rm -rf -- "$work"' EXIT
place "$work/0" "$into/$name"
`;

/**
 * What the kernel makes up has no size, or another one than it has when it is read, and tar goes by the size: such a file is read first, and
 * packed from where it then lies. Sets \`spool\` to that directory, whose file is \`0\`.
 */
const SPOOL_MADE_UP = `
spool=
made_up() {
  case $(cd -P -- "$1" 2>/dev/null && pwd) in /proc/* | /sys/* | /proc | /sys) return 0 ;; esac
  return 1
}
spool_made_up() {
  if [ -d "$1" ]; then
    made_up "$1" || return 0
    say "$1: is made up by the guest's kernel, and its files are copied one by one"
    exit ${SPECIAL}
  fi
  case $1 in */*) above=\${1%/*} ;; *) above=. ;; esac
  [ ! -s "$1" ] || made_up "\${above:-/}" || return 0
  spool=$(mktemp -d) || exit 1
  trap 'rm -rf -- "$spool"' EXIT
  trap 'exit 1' HUP INT TERM
  cat -- "$1" >"$spool/0" || exit 1
  chmod -- "$(stat -c %a -- "$1")" "$spool/0" || exit 1
  touch -r "$1" -- "$spool/0"
}
`;

/** Packs $1 to the output: a directory as \`.\`, anything else under its own name. A named link is followed. */
export const GIVE_TREE = `${WORDS}${MAY_ENTER}${SPECIAL_KIND}${SPOOL_MADE_UP}
case $1 in -*) path=./$1 ;; *) path=$1 ;; esac
if [ ! -e "$path" ]; then
  may_enter "$path"
  say "$path: there is no such file or directory in the guest"
  exit ${MISSING}
fi
if special "$path"; then
  say "$path: is $kind of the guest, and no file or directory"
  exit ${SPECIAL}
fi
${CHECK_READABLE}${NEED_TAR}
spool_made_up "$path"
[ -z "$spool" ] || path=$spool/0
# GNU's reads a backslash in a name as the beginning of a sign, in that of a directory to change to as well.
format=
tar --format=posix --no-unquote -cf /dev/null /dev/null 2>/dev/null && format='--format=posix --no-unquote'
if [ -d "$path" ]; then
  directory=$path name=. follow=
else
  case $path in */*) directory=\${path%/*} ;; *) directory=. ;; esac
  name=./\${path##*/} follow=-h
fi
cd -- "\${directory:-/}" 2>/dev/null || { say "$directory: the account may not enter it in the guest"; exit 1; }
[ -z "$spool" ] || { tar $format -cf - "$name"; exit; }
exec tar $format $follow -cf - "$name"
`;

export const GIVE_FILE = `${WORDS}${MAY_ENTER}
case $1 in -*) path=./$1 ;; *) path=$1 ;; esac
if [ ! -e "$path" ]; then
  may_enter "$path"
  say "$path: there is no such file or directory in the guest"
  exit ${MISSING}
fi
${CHECK_READABLE}
[ ! -d "$path" ] || { say "$path: is a directory of the guest, and the standard output takes one file"; exit 1; }
exec cat -- "$path"
`;
