import { IMAGE_PACKAGES } from '../../install/packages.ts';

/** Debian packages that running guests needs. None of them starts a service. */
const GUEST_PACKAGES = [
  'qemu-system-x86',
  'qemu-utils',
  'ovmf',
  'seabios',
  'ipxe-qemu',
  'nftables',
  'iproute2',
  // Takes away what trials of packets leave in connection tracking.
  'conntrack',
  'dnsmasq-base',
  'openssh-client',
  // The twin's probes.
  'iputils-ping',
  // setpriv, and flock for the launcher.
  'util-linux',
] as const;

/** Every Debian package the product needs, each once. */
export const HOST_PACKAGES: readonly string[] = [...new Set([...GUEST_PACKAGES, ...IMAGE_PACKAGES])];
