#!/bin/sh
# Takes back what plan 3 has begun: sh rollback.sh REASON
# Written by lodge net apply. It needs neither Lodge nor the network, may run twice, and does nothing once the plan is confirmed.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
cd -- "$(dirname -- "$0")" || exit 1
again=no
if [ "$1" = again ]; then
  again=yes
  shift
fi
reason=${1:-sh rollback.sh was run by hand}
# A disk that cannot be written must not keep the network from coming back.
if (: >>rollback.log) 2>/dev/null; then exec >>rollback.log 2>&1; else exec >/dev/null 2>&1; fi
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
begun() {
  grep -qxF -e "$1" begun
}
# One after the other: the watchdog and the daemon may come at once.
if [ -r lock ]; then
  exec 9<lock
  flock 9
fi
if mv armed reverting 2>/dev/null; then
  say "taken back: $reason"
elif [ -e reverting ]; then
  say "the way back is gone on with: $reason"
elif [ -e reverted ] && [ $again = yes ]; then
  say "once more: $reason"
elif [ -e armed ]; then
  say "the mark cannot be moved; taken back all the same: $reason"
else
  exit 0
fi
[ -s reason ] || echo "$reason" >reason
rm -f failed
if [ "$(cat boot-id)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then
  say "the host was restarted: what was changed is gone"
  mv reverting reverted
  exit 0
fi
if begun s9-remove-address; then
  say 'take back: it'\''s step 9'
  call '' ip address replace 2001:db8:1:2::2/64 dev eth0 nodad
fi
if begun s8-remove-address; then
  say 'take back: it'\''s step 8'
  call '' ip address replace 192.0.2.200/26 dev eth0
fi
if begun s7-replace-route; then
  say 'take back: it'\''s step 7'
  call '' ip -6 route replace default via fe80::1 dev eth0 proto boot
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip -6 route delete default via fe80::1 dev br0 proto boot
fi
if begun s6-replace-route; then
  say 'take back: it'\''s step 6'
  call '' ip -4 route replace default via 192.0.2.193 dev eth0 proto boot
fi
if begun s5-add-address; then
  say 'take back: it'\''s step 5'
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip address delete 2001:db8:1:2::2/64 dev br0
fi
if begun s4-add-address; then
  say 'take back: it'\''s step 4'
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip address delete 192.0.2.200 peer 192.0.2.193/32 dev br0
fi
if begun s3-add-port; then
  say 'take back: it'\''s step 3'
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip link set dev eth0 nomaster
fi
if begun s2-set-up; then
  say 'take back: it'\''s step 2'
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip link set dev br0 down
fi
if begun s1-add-bridge; then
  say 'take back: it'\''s step 1'
  call 'No such process|No such file or directory|Cannot assign requested address|Cannot find device' ip link delete dev br0 type bridge
fi
if begun s0-load-guard; then
  say 'take back: it'\''s step 0'
  call 'No such file or directory' nft delete table netdev lodge_guard
fi
mv reverting reverted
say "done, $failures failed"
[ $failures = 0 ]
