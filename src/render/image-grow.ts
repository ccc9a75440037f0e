/**
 * Grows the last partition and the file system to the disk: after sshd is up, and at once when the host makes the disk
 * bigger under the running guest. Online: ext4 grows mounted, and the kernel takes a partition's new end by an ioctl.
 */
export const GROW_SCRIPT = `#!/bin/sh
# Lets the root partition and its file system fill the disk. Does nothing when they do.
set -e
number=$(stat -c %Hd:%Ld /)
partition=$(readlink -f "/sys/dev/block/$number")
[ -f "$partition/partition" ] || exit 0
disk=\${partition%/*}
read -r index < "$partition/partition"
read -r start < "$partition/start"
read -r size < "$partition/size"
read -r whole < "$disk/size"
device=/dev/\${partition##*/}
# 4096 sectors: the second GPT and what alignment leaves over
if [ $((whole - start - size)) -gt 4096 ]; then
  echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel -N "$index" "/dev/\${disk##*/}"
  partx --update --nr "$index" "/dev/\${disk##*/}"
fi
resize2fs "$device"
# It may have grown again meanwhile.
read -r now < "$disk/size"
[ "$now" = "$whole" ] || exec "$0"
`;

export const GROW_UNIT = `[Unit]
Description=Grow the root file system to the disk
After=ssh.service

[Service]
Type=oneshot
ExecStart=/usr/local/lib/lodge/grow-root

[Install]
WantedBy=multi-user.target
`;

/** The kernel says RESIZE=1 of a virtio disk whose size has changed (`set_capacity_and_notify`, since Linux 5.11). */
export const GROW_RULE = `ACTION=="change", SUBSYSTEM=="block", ENV{DEVTYPE}=="disk", ENV{RESIZE}=="1", RUN+="/bin/systemctl --no-block start lodge-grow-root.service"
`;
