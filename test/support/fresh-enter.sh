# fresh-enter.sh ROOT: makes ROOT the root of the namespaces that this runs in (unshare --mount --pid) and stays as their first
# process, which buries whoever nobody waits for, until its standard input ends. Its mounts and processes go with it.
set -eu
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs "$root/run"
umask 0
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  # shellcheck disable=SC2086 # name, major and minor
  set -- $device
  mknod -m 0666 "$root/dev/$1" c "$2" "$3"
done
# As udev would leave them: a device that the kernel lacks gives an error when it is opened, as on a host without it.
mkdir -m 0755 "$root/dev/net" "$root/dev/pts"
mkdir -m 1777 "$root/dev/shm"
mknod -m 0666 "$root/dev/net/tun" c 10 200
[ ! -e /dev/kvm ] || mknod -m 0600 "$root/dev/kvm" c 10 232
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
umask 022
cd "$root"
mkdir -p .outside
pivot_root . .outside
exec chroot . /usr/bin/perl -e '
  $SIG{CHLD} = "IGNORE";
  $| = 1;
  system("umount", "--lazy", "/.outside");
  rmdir("/.outside");
  print "ready\n";
  1 while <STDIN>;
'
