#!/bin/sh
# The benchmarks: `npm run bench` as root, or `sh test/bench.sh list start …` for some of them. Gets Node first; what else it
# needs, the peer too, the benchmarks get themselves.
set -eu

root=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
cd -- "$root"
. "$root/tools/node.sh"

[ "$(id -u)" = 0 ] || {
  echo 'the benchmarks make network namespaces and run QEMU: run them as root' >&2
  exit 1
}
ensure_node "$root"
PATH=$root/node_modules/.bin:$PATH
# What the caller has set for himself is not for the benchmarks.
unset LODGE_ROOT
exec node --disable-warning=ExperimentalWarning test/bench/run.ts "$@"
