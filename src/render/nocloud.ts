import type { GuestAddressing, GuestIdentity } from '../model/guest-network.ts';

/** The files of cloud-init's NoCloud data source, for a disk with the label `cidata`. */
export interface NoCloudSeed {
  'user-data': string | Uint8Array;
  'vendor-data': string;
  'meta-data': string;
  'network-config': string;
}

/**
 * What a foreign cloud image is told of itself. Written as JSON, which is YAML.
 *
 * What Lodge wants (root opened to its key, the host key that the host knows) is vendor-data: cloud-init does it beside
 * the owner's user-data, which is passed on whole, and where both name a thing the owner's word counts ("Vendor data" in
 * its manual). The keys are in meta-data (`public-keys`): the default user and root get them whatever `users` says.
 */
export function renderNoCloudSeed(identity: GuestIdentity, userData: Uint8Array | null): NoCloudSeed {
  const { hostname, uuid, sshKeys, addressing } = identity;
  return {
    'user-data': userData ?? '#cloud-config\n{}\n',
    'vendor-data': renderVendorData(identity),
    'meta-data': json({
      'instance-id': uuid,
      'local-hostname': hostname,
      'public-keys': Object.fromEntries(sshKeys.map((key, index) => [`lodge-${index}`, key.trim()])),
    }),
    'network-config': json(networkConfig(addressing)),
  };
}

function renderVendorData({ sshKeys, hostKeyPrivate, hostKeyPublic }: GuestIdentity): string {
  const config = {
    disable_root: false,
    ssh_pwauth: false,
    // With ssh_keys cloud-init makes none of its own, and takes away those that the image brought.
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: withNewline(hostKeyPrivate), ed25519_public: hostKeyPublic.trim() },
    users: ['default', { name: 'root', lock_passwd: true, ssh_authorized_keys: sshKeys.map((key) => key.trim()) }],
  };
  return `#cloud-config\n${json(config)}`;
}

/** Version 2 (netplan's form), matched by MAC. `on-link` says that the gateway is outside the address's own prefix. */
function networkConfig({ mac, ipv4, ipv6, dns }: GuestAddressing): object {
  const families = [ipv4, ipv6].filter((family) => family !== null);
  return {
    version: 2,
    ethernets: {
      nic0: {
        match: { macaddress: mac },
        'set-name': 'eth0',
        dhcp4: false,
        dhcp6: false,
        'accept-ra': false,
        addresses: families.map((family) => `${family.address}/${family.prefixLength}`),
        routes: families.map((family) => ({
          to: family === ipv4 ? '0.0.0.0/0' : '::/0',
          via: family.gateway,
          ...(family.gatewayOnLink ? { 'on-link': true } : {}),
        })),
        nameservers: { addresses: dns },
      },
    },
  };
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/**
 * JSON that YAML 1.1 reads as the same: what it takes for a line's end, for no character or for the mark of a byte order is written by its
 * number (yaml.org/spec/1.1, 5.1 and 5.4). All others stand as they are: a pair of numbers would be two characters to it.
 */
function json(value: object): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
