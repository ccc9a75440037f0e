#!/bin/sh
# Lodge's part of the host's network at boot: sh boot.sh early|late
# Written by lodge net apply, run by lodge-network.service and lodge-network-late.service.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
cd -- "$(dirname -- "$0")" || exit 1
phase=$1
finish() {
  sh transaction/write-files.sh || return
  # netplan has made its files of the old ones before any unit ran: systemd.generator(7).
  # Of another root than the system it makes them there and nowhere else.
  if command -v netplan >/dev/null; then netplan generate --root-dir "$(cd ../../../.. && pwd)"; fi
  mkdir -p boot
  for one in early late; do
    cp transaction/$one.sh boot/.$one.new && sync boot/.$one.new && mv -f boot/.$one.new boot/$one.sh || return
  done
  mv transaction/confirmed transaction/committed
}
was_restarted() {
  [ "$(cat transaction/boot-id)" != "$(cat /proc/sys/kernel/random/boot_id)" ]
}
if [ "$phase" = early ] && [ -d transaction ] && was_restarted; then
  if [ -e transaction/armed ] || [ -e transaction/reverting ]; then
    echo "the host was restarted before it was confirmed" >transaction/reason
    mv transaction/armed transaction/reverted 2>/dev/null || mv transaction/reverting transaction/reverted
  elif [ -e transaction/confirmed ]; then
    finish || echo "the confirmed files cannot be written" >&2
  fi
  sync
fi
[ -e "boot/$phase.sh" ] || exit 0
exec sh "boot/$phase.sh"
