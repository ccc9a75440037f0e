#!/bin/sh
# Plan 3, early: what no file of the system's says. Written by lodge net apply.
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
tries=0
while [ ! -e /sys/class/net/eth0 ] && [ $tries -lt 150 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
input='table netdev lodge_guard {}
delete table netdev lodge_guard
table netdev lodge_guard {
	set uplink { type ifname; elements = { "eth0" }; }
	set allowed { type ether_addr; elements = { 02:00:5e:10:00:01 }; }
	set foreign { type ether_addr; flags dynamic; size 256; }
	counter dropped {}
	chain judge {
		ether saddr @allowed accept
		add @foreign { ether saddr }
		counter name dropped drop
	}
	chain egress {
		type filter hook egress device "eth0" priority -300; policy accept;
		jump judge
	}
}
'
call '' nft -f -
input=
[ $failures = 0 ]
