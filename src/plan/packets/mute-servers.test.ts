import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignDhcpv6, muteNameService } from './mute-servers.ts';

const at = (port: number, address: string, program: string, pid: number, protocol: 'tcp' | 'udp' = 'udp') => ({
  port,
  address,
  program,
  pid,
  protocol,
  device: null,
});
const OURS = [7];

test("Lodge's own dnsmasq is no foreign DHCPv6 server", () => {
  assert.equal(foreignDhcpv6([at(547, '*', 'dnsmasq', 7)], OURS), null);
  const both = [at(547, '*', 'dnsmasq', 7), at(547, '*', 'kea-dhcp6', 8)];
  assert.match(foreignDhcpv6(both, OURS)?.reason ?? '', /^it reached kea-dhcp6, which has port 547/);
});

test('a question for names reaches the dnsmasq of the instance at its own port, whoever has port 53', () => {
  const question = { protocol: 'udp' as const, own: ['10.9.0.1'] };
  const bind = at(53, '*', 'named', 8);
  const say = (waiting: ReturnType<typeof at>[]) => muteNameService(waiting, OURS, question).reason;
  assert.equal(say([bind]), "Lodge's name service does not listen there");
  assert.match(say([bind, at(334, '10.9.0.1', 'dnsmasq', 7)]), /^it reached Lodge's name service \(dnsmasq, pid 7\)/);
  assert.equal(say([at(334, '10.9.0.1', 'dnsmasq', 7, 'tcp')]), "Lodge's name service does not listen there");
  assert.equal(say([at(334, '10.77.0.1', 'dnsmasq', 7)]), "Lodge's name service does not listen there", 'another one');
});
