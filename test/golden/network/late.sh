#!/bin/sh
# Plan 3, late: what no file of the system's says. Written by lodge net apply.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
cd -- "$(dirname -- "$0")" || exit 1
rm -f failed
failures=0
input=
say() {
  echo "$(date +%Y-%m-%dT%H:%M:%S) $*"
}
call() {
  tolerated=$1
  shift
  said=$(printf %s "$input" | timeout 20 "$@" 2>&1 >/dev/null) && return 0
  before_ifs=$IFS
  IFS='|'
  for words in $tolerated; do
    case $said in *"$words"*) tolerated=yes ;; esac
  done
  IFS=$before_ifs
  [ "$tolerated" != yes ] || return 0
  failures=$((failures + 1))
  say "failed: $*: $said"
  echo "$*: $said" >>failed
}
input='1
'
call '' tee /proc/sys/net/ipv4/ip_forward
input=
call 'File exists' ip -4 route add unreachable 203.0.113.0/29 metric 4294967295
input='1
'
call '' tee /proc/sys/net/ipv6/conf/eth0/proxy_ndp
input=
call '' ip neighbour replace proxy 198.51.100.20 dev eth0
call '' ip neighbour replace proxy 2001:db8:1:2::a1 dev eth0
[ $failures = 0 ]
