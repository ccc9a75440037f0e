#!/bin/sh
# The test command: `sh test/run.sh` on a fresh Debian as root, also as `npm test`. Gets Node and the Debian packages first,
# then runs every suite, or those that are named: sh test/run.sh check unit netns guest e2e. `network`, `slow`,
# `host`, `fresh`, `attacks` and `properties` run only when they are named. `attacks` ends with `attacks N, got through M`.
# Of netns, guest and e2e two files are run at once: each has a root and namespaces of its own, and most of them wait for an
# emulated processor or for a program. Those that count every ping (network*) run alone.
# The last line of its output is `N passed, N failed`, summed over the suites; each static check counts as one test.
set -u

root=$(cd -- "$(dirname -- "$0")/.." && pwd -P)
cd -- "$root" || exit 1
. "$root/tools/node.sh"

passed=0
failed=0
attacks=
scratch=$(mktemp -d /tmp/lodge-test.XXXXXX)
# lodge-qemu has to walk through it.
chmod 0711 "$scratch"
# Made by us while packages are installed, and gone after it.
policy=
trap 'rm -rf "$scratch" ${policy:+"$policy"}' EXIT
trap 'exit 130' INT TERM
# Attacks that take seconds are tried every day.
quick_attacks='test/attacks/{packets-identities,packets-invalid,streams}.test.ts'
# What the caller has set for himself is not for the tests.
unset LODGE_ROOT

# CI gives up after 25 minutes; ours ends before, with its closing line. CI does not run the long proofs.
case " $* " in
  *' slow '* | *' host '* | *' network '* | *' fresh '* | *' attacks '*) usual_limit_s=5400 ;;
  *) usual_limit_s=1480 ;;
esac
limit_s=${LODGE_TEST_LIMIT_S:-$usual_limit_s}
started_s=$(date +%s)

main() {
  [ "$(id -u)" = 0 ] || {
    echo 'the tests make network namespaces and run QEMU: run them as root' >&2
    exit 1
  }
  ensure_node "$root"
  PATH=$root/node_modules/.bin:$PATH
  [ $# -gt 0 ] || set -- check unit system
  prepare_host
  for suite; do
    case $suite in
      check) run_checks ;;
      properties) run_properties ;;
      unit) run_suite unit --test-isolation=none 'src/**/*.test.ts' 'test/*.test.ts' ;;
      system)
        run_suite system --test-concurrency=2 'test/{guest,e2e,netns}/!(network*).test.ts' "$quick_attacks"
        run_suite pings --test-concurrency=1 'test/{guest,e2e,netns}/network*.test.ts'
        ;;
      attacks) run_attacks ;;
      netns | network | guest | e2e | slow | host | fresh) run_suite "$suite" --test-concurrency=1 "test/$suite/*.test.ts" ;;
      *)
        echo "there is no suite $suite: check unit properties system netns network guest e2e slow host fresh attacks" >&2
        exit 2
        ;;
    esac
  done
  printf '\n%s passed, %s failed\n' "$passed" "$failed"
  [ -z "$attacks" ] || printf '%s\n' "$attacks"
  [ "$failed" = 0 ]
}

# The product's own packages come by the product's own command, in a root of its own so that the host's Lodge is left alone.
prepare_host() {
  LODGE_ROOT=$scratch ./lodge setup >&2 || count_one 'lodge setup' 1
  LODGE_ROOT=$scratch ./lodge daemon stop >/dev/null 2>&1
  missing=
  while read -r package _; do
    case $package in
      '' | '#'*) continue ;;
    esac
    # shellcheck disable=SC2016 # dpkg-query's own placeholder
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done <test/packages.txt
  [ -n "$missing" ] || return 0
  node_says "installing what only the tests need:$missing"
  # The tests start these servers themselves, in namespaces of their own: their packages must not.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
  fi
  # shellcheck disable=SC2086 # one word a package
  node_apt install $missing || { node_apt update && node_apt install $missing; } || count_one 'packages of the tests' 1
  [ -z "$policy" ] || rm -f "$policy"
}

# Every property, ten thousand times unless LODGE_PROPERTY_RUNS says another number.
run_properties() {
  runs=${LODGE_PROPERTY_RUNS:-10000}
  export LODGE_PROPERTY_RUNS="$runs"
  # shellcheck disable=SC2046 # one word a file
  run_suite properties $(grep -rl --include='*.test.ts' propertyRuns src test)
  # The suites after it try as often as usual.
  unset LODGE_PROPERTY_RUNS
}

# Every test of test/attacks/ is an attack: it passes when the attacker got nothing and what is allowed beside it went through.
run_attacks() {
  before=$passed
  before_failed=$failed
  run_suite attacks --test-concurrency=1 'test/attacks/*.test.ts'
  through=$((failed - before_failed))
  attacks="attacks $((passed - before + through)), got through $through"
}

run_checks() {
  for check in 'tsc --noEmit' 'biome check' 'knip'; do
    # shellcheck disable=SC2086 # the words of a command
    $check >"$scratch/check" 2>&1
    code=$?
    [ "$code" = 0 ] || cat "$scratch/check"
    count_one "$check" "$code"
  done
}

# run_suite NAME OPTIONS... PATTERN...: skipped only when there is no file of it.
run_suite() {
  name=$1
  shift
  if ! has_files "$@"; then
    printf '%s: no tests\n' "$name"
    return 0
  fi
  left_s=$((limit_s - $(date +%s) + started_s))
  if [ "$left_s" -le 0 ]; then
    count_one "$name: the time limit of $limit_s s was used up before it" 1
    return 0
  fi
  printf '\n== %s\n' "$name"
  # A unit test that takes a minute hangs; a guest under emulation may take many.
  test_limit_ms=900000
  [ "$name" != unit ] || test_limit_ms=60000
  case $name in slow | host | fresh | attacks) test_limit_ms=2700000 ;; esac
  timeout --foreground --kill-after=10 "$left_s" node --disable-warning=ExperimentalWarning --test --test-timeout="$test_limit_ms" \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$scratch/$name.tap" "$@"
  code=$?
  [ "$code" != 124 ] || printf '%s: ended at the time limit of all suites, %s s\n' "$name" "$limit_s"
  count_suite "$name" "$code"
}

has_files() {
  for pattern; do
    case $pattern in
      --*) continue ;;
    esac
    [ -z "$(node -p 'fs.globSync(process.argv[1])[0] ?? ""' "$pattern")" ] || return 0
  done
  return 1
}

# Sums up what node:test reports. A suite that ends badly without a failed test, or that ran none, is one failure.
count_suite() {
  suite_passed=$(tap_count "$1" pass)
  suite_failed=$(($(tap_count "$1" fail) + $(tap_count "$1" cancelled)))
  if [ "$suite_failed" = 0 ] && { [ "$2" != 0 ] || [ "$suite_passed" = 0 ]; }; then
    printf '%s: ended with %s after %s passed tests\n' "$1" "$2" "$suite_passed"
    suite_failed=1
  fi
  passed=$((passed + suite_passed))
  failed=$((failed + suite_failed))
}

tap_count() {
  count=$(sed -n "s/^# $2 \([0-9][0-9]*\)$/\1/p" "$scratch/$1.tap" 2>/dev/null | tail -n 1)
  echo "${count:-0}"
}

count_one() {
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n' "$1"
  fi
}

main "$@"
