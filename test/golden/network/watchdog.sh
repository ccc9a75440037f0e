#!/bin/sh
# Takes plan 3 back unless it is confirmed in time. Written by lodge net apply.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
cd -- "$(dirname -- "$0")" || exit 1
echo $$ >watching
while [ -e armed ]; do
  read -r up _ </proc/uptime
  [ "${up%%.*}" -lt "$1" ] || exec sh ./rollback.sh "$2"
  sleep 0.3
done
