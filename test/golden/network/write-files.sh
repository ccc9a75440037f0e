#!/bin/sh
# Writes the files of plan 3, which is confirmed. Written by lodge net apply.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
cd -- "$(dirname -- "$0")" || exit 1
# For directories that are not there: whoever configures the network may read them.
umask 022
failures=0
put() {
  directory=${3%/*}
  new=$directory/.${3##*/}.lodge-new
  mkdir -p "$directory" && cp "new/$1" "$new" && chmod "$2" "$new" && sync "$new" && mv -f "$new" "$3" && return 0
  failures=$((failures + 1))
}
put 1 0644 /etc/network/interfaces
put 2 0600 '/etc/netplan/it'\''s mine.yaml'
rm -f /etc/network/interfaces.d/old
sync
[ $failures = 0 ]
