import { parseIpv4, parseIpv6, parseMac } from '../../src/base/address.ts';
import { unwrap } from '../../src/base/parsed.ts';
import type { GuestIdentity } from '../../src/model/guest-network.ts';

const ipv4 = (text: string) => unwrap(parseIpv4(text));
const ipv6 = (text: string) => unwrap(parseIpv6(text));

/** A guest on QEMU's user-mode network, addressed as Lodge addresses a routed one: /32 and /128, gateways on-link. */
export function sampleIdentity(changes: Partial<GuestIdentity> = {}, lastOctet = 15): GuestIdentity {
  return {
    hostname: 'web1',
    uuid: '1b671a64-40d5-491e-99b0-da01ff1f3341',
    sshKeys: ['ssh-ed25519 AAAAC3Nza owner@example', 'ssh-ed25519 AAAAC3Nzb lodge'],
    hostKeyPrivate: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n',
    hostKeyPublic: 'ssh-ed25519 AAAAC3Nzc host key',
    addressing: {
      mac: unwrap(parseMac('52:54:00:12:34:56')),
      ipv4: { address: ipv4(`10.0.2.${lastOctet}`), prefixLength: 32, gateway: ipv4('10.0.2.2'), gatewayOnLink: true },
      ipv6: { address: ipv6(`fec0::${lastOctet}`), prefixLength: 128, gateway: ipv6('fe80::2'), gatewayOnLink: true },
      dns: [ipv4('10.0.2.3'), ipv6('fec0::3')],
    },
    ...changes,
  };
}
