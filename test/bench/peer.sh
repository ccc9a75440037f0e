#!/bin/sh
# Runs libvirtd in the mount and network namespace it is started in, from packages that were only unpacked: peer.sh UNPACKED WORK
# The host's directories lie below as they are, so QEMU is the host's; what libvirtd writes goes to WORK and to nothing of
# the host. It is given less to do than its package would: no log daemon, no cgroups, no confinement, no namespace for QEMU.
set -eu
unpacked=$1
work=$2

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$unpacked/usr:/usr" /usr
for part in etc var; do
  mkdir -p "$work/upper/$part" "$work/scratch/$part"
  mount -t overlay overlay -o "lowerdir=$unpacked/$part:/$part,upperdir=$work/upper/$part,workdir=$work/scratch/$part" "/$part"
done
mount -t tmpfs tmpfs /run
# Its package's own user, which libvirtd looks up at its start; QEMU runs as the user that ours runs as.
echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >>/etc/passwd
echo 'libvirt-qemu:x:64055:' >>/etc/group
cat >/etc/libvirt/qemu.conf <<X
user = "lodge-qemu"
group = "lodge-qemu"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = [ ]
namespaces = [ ]
X
cat >"$work/libvirtd.conf" <<X
unix_sock_dir = "$work"
auth_unix_rw = "none"
auth_unix_ro = "none"
X
exec libvirtd --config "$work/libvirtd.conf" --pid-file "$work/libvirtd.pid"
