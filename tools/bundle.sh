# Sourced by ./lodge: `find_main ROOT` sets $main to what Node runs as the command line.
# shellcheck shell=sh

# A package ships the bundles alone. A checkout has sources, and runs bundles of them all the same: they start in half the time
# and take a fifth less memory, and so what is measured is what everybody runs. They are made anew when anything of the sources
# has changed; who may not write there then runs the sources themselves.
find_main() {
  main=$1/dist/lodge.cjs
  [ -f "$1/src/cli/main.ts" ] || return 0
  bundle_is_current "$1" && return 0
  if [ -w "$1" ] && make_bundle "$1"; then return 0; fi
  main=$1/src/cli/main.ts
}

# Names, sizes and times of all that goes in, as they were before the bundles were made: two processes on the warm path.
# Times are compared, not ordered: a checkout of an older commit or a clock set back makes bundles too.
bundle_is_current() {
  [ -f "$1/dist/.sources" ] && list_sources "$1" 2>/dev/null | cmp -s - "$1/dist/.sources"
}

list_sources() (
  cd -- "$1" && find src build.ts package-lock.json -printf '%p %s %T@ %C@\n'
)

make_bundle() (
  # Members of the group `lodge` run them too.
  umask 022
  exec 9<"$1"
  flock 9
  bundle_is_current "$1" && exit 0
  new=$1/dist/.new
  rm -rf "$new" && mkdir -p "$new" && list_sources "$1" >"$new/.sources" || exit 1
  if ! said=$("$node" --disable-warning=ExperimentalWarning "$1/build.ts" "$new" 2>&1 9<&-); then
    printf 'lodge: the sources could not be bundled and are run as they are; esbuild said:\n%s\n' "$said" >&2
    exit 1
  fi
  # The list comes last: bundles that an interruption left are made again.
  rm -f "$1/dist/.sources"
  mv -f "$new/"*.mjs "$new/lodge.cjs" "$1/dist/" && mv -f "$new/.sources" "$1/dist/" && rmdir "$new"
)
