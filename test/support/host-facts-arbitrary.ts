import fc from 'fast-check';
import { GIB, MIB } from '../../src/base/size.ts';
import type { AcceleratorMeasurement } from '../../src/model/doctor.ts';
import type { Known } from '../../src/model/known.ts';
import { PACKET_HOPS, type PacketFamily, type PacketStop } from '../../src/model/packet-report.ts';
import { PROGRAMS_TO_LOOK_FOR } from '../../src/plan/fix-programs.ts';
import type { HostFacts } from '../../src/plan/judge-host.ts';
import { type OwnerFacts, planFixes } from '../../src/plan/packets/fixes.ts';
import type { PacketTrial } from '../../src/plan/packets/judge-report.ts';
import { explainTaken, withoutTaken } from '../../src/plan/packets/taken-taps.ts';

// A made-up host in every state that doctor knows: each part is known or not, for a reason that others may share.
const known = <T>(facts: fc.Arbitrary<T>): fc.Arbitrary<Known<T>> =>
  fc.oneof(
    { weight: 6, arbitrary: facts.map((value) => ({ facts: value })) },
    { weight: 1, arbitrary: fc.constantFrom('ip: not found', 'cannot read it').map((reason) => ({ reason })) },
  );

const bytes = fc.constantFrom(0, 40 * MIB, 200 * MIB, 900 * MIB, 1500 * MIB, 3 * GIB, 64 * GIB);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const measurement = (accel: 'kvm' | 'tcg'): fc.Arbitrary<AcceleratorMeasurement> =>
  fc.constantFrom('works' as const, 'slow' as const, 'broken' as const, 'absent' as const).map((verdict) => ({
    accel,
    verdict,
    reason: `${accel} was measured`,
    wholeRunMs: 1,
    arithmeticMs: 1,
    contextSwitchMs: 1,
    pageFaultMs: 1,
    portIoMs: 1,
  }));

const accelerator = fc
  .tuple(fc.constantFrom('kvm' as const, 'tcg' as const, null), measurement('kvm'), measurement('tcg'), fc.boolean())
  .map(([chosen, kvm, tcg, isKvmTried]) => ({
    chosen,
    reason: 'measured',
    measurements: isKvmTried ? [kvm, tcg] : [tcg],
    bootId: '',
    kernelRelease: '',
    qemuVersion: '',
    measuredAtMs: 0,
  }));

const virtualisation = (hasModprobe: boolean) =>
  fc.record({
    vendor: fc.constantFrom('GenuineIntel', 'AuthenticAMD', 'HygonGenuine'),
    flags: fc.constantFrom<string[]>(['fpu'], ['vmx'], ['svm'], ['fpu', 'hypervisor'], ['svm', 'hypervisor']),
    firmwareMessages: fc.constantFrom<string[] | null>(null, [], ['kvm: disabled by bios']),
    kvmDevice: fc.constantFrom(null, { mode: 0o600, gid: 0 }, { mode: 0o660, gid: 104 }),
    nested: fc.constantFrom(null, 'Y', 'N', '0'),
    qemuGroups: fc.subarray([104]),
    hasModprobe: fc.constant(hasModprobe),
  });

const listener = fc.record({
  protocol: fc.constantFrom('udp' as const, 'tcp' as const),
  address: fc.constantFrom('*', '127.0.0.1', '192.0.2.1'),
  family: fc.constantFrom('ipv4' as const, 'any' as const),
  device: fc.constantFrom(null, 'eth0'),
  port: fc.constantFrom(53, 1053, 67, 1067, 547),
  program: fc.constantFrom('dnsmasq', 'unbound', 'kea-dhcp6'),
  pid: fc.constantFrom(null, 7, 8),
});

const network = {
  nft: known(fc.constantFrom(null, 'Operation not permitted')),
  forwarding: known(fc.record({ ipv4: fc.constantFrom(null, '0', '1'), ipv6: fc.constantFrom(null, '0', '1') })),
  ipv6: known(
    fc.record({
      state: fc.constantFrom('on' as const, 'absent' as const, 'off' as const, 'unguarded' as const),
      uplinksWithout: fc.subarray(['eth0', 'eth1']),
      hasGrub: fc.boolean(),
    }),
  ),
  names: known(
    fc.record({
      listeners: fc.array(listener, { maxLength: 8 }),
      ours: fc.subarray([7]),
      servers: fc.constantFrom<string[] | null>(null, ['192.0.2.53']),
    }),
  ),
  bridgeSwitches: known(fc.constantFrom(null, { 'bridge-nf-call-iptables': '1' }, { 'bridge-nf-call-iptables': '0' })),
};

const stop: fc.Arbitrary<PacketStop> = fc.record({
  cause: fc.oneof(
    fc.record({
      kind: fc.constant('kernel' as const),
      reason: fc.constantFrom('eth0 does not forward IPv4', 'the kernel has no route for it'),
      fix: fc.constantFrom(null, 'sysctl -w net.ipv4.conf.all.forwarding=1'),
    }),
    fc.record({
      kind: fc.constant('rule' as const),
      program: fc.constant('nft' as const),
      family: fc.constantFrom('inet', 'ip', 'ip6'),
      table: fc.constantFrom('mine', 'filter', 'lodge_shares'),
      chain: fc.constant('c'),
      baseChain: fc.constantFrom('c', 'FORWARD'),
      hook: fc.constantFrom('input', 'forward', 'output', 'prerouting', 'postrouting'),
      rule: fc.constantFrom(null, 'drop'),
      handle: fc.constantFrom(null, 4),
    }),
  ),
  side: fc.constantFrom('from-guest' as const, 'to-guest' as const, 'from-outside' as const),
  isAnswer: fc.boolean(),
});

/** iptables and ufw are named where they are installed alone, of which `OwnerFacts` are told. */
const packets = (hasSystemd: boolean): fc.Arbitrary<PacketTrial> => {
  const hop = fc.record({
    hop: fc.constantFrom(...PACKET_HOPS),
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    stop: orNull(stop),
  });
  const owners: fc.Arbitrary<OwnerFacts> = fc.record({
    hasFirewallCmd: fc.constant(false),
    hasUfw: fc.boolean(),
    hasIptables: fc.boolean(),
    hasSystemd: fc.constant(hasSystemd),
    nftablesConf: fc.constantFrom(null, 'table inet mine { chain c {} }'),
    savedRules: fc.record({ ip: fc.boolean(), ip6: fc.boolean() }),
    dockerUser: fc.subarray(['ip filter']),
    ufwChains: fc.subarray(['ip filter']),
  });
  const scene = { tapPrefix: 'lg0000', pools: { ipv4: '10.1.0.0/20', ipv6: 'fd00::/64' }, publishedPort: 30_000 };
  const networkFile = hasSystemd ? fc.constantFrom(null, '/etc/systemd/network/!a.network') : fc.constant(null);
  const taken = fc.record({
    lost: fc.subarray<PacketFamily>(['ipv4', 'ipv6']),
    networkFile,
    ourFile: fc.constant('/run/systemd/network/+lodge-lg0000.network'),
    programs: fc.subarray(['connmand']),
  });
  const tried = fc
    .tuple(fc.uniqueArray(hop, { selector: (each) => `${each.hop}${each.family}` }), owners, taken)
    .map(([drawn, of, takenFacts]) => {
      const found = drawn.map((each) => ({
        ...each,
        link: null,
        reason: null,
        outcome: each.stop === null ? ('passed' as const) : ('stopped' as const),
      }));
      const taken = explainTaken(takenFacts);
      const hops = withoutTaken(found, taken);
      const stops = hops.flatMap((each) => each.stop ?? []);
      const report = { hops, fixes: planFixes(stops, of, scene), taken };
      return { kind: 'tried' as const, report };
    });
  const untried = fc.boolean().map((isMissing) => ({ kind: 'untried' as const, reason: 'ip: not found', isMissing }));
  const unattached = fc.constant({ kind: 'unattached' as const, reason: 'no tap', hint: 'lodge doctor' });
  return fc.oneof(tried, untried, unattached);
};

const uplink = fc.record({
  guard: fc.record({
    uplink: fc.constantFrom('eth0', null),
    bridge: fc.constantFrom('br0', null),
    guard: orNull(
      fc.record({
        uplink: fc.constantFrom('eth0', 'eth1'),
        allowedMacs: fc.constant<string[]>(['52:54:00:00:00:01']),
        droppedFrames: fc.constantFrom(0, 1, 9),
        foreignMacs: fc.constant<never[]>([]),
      }),
    ),
    foreignMacs: fc.constant<never[]>([]),
    isWanted: fc.boolean(),
    hook: fc.constantFrom('bridge' as const, 'netdev-egress' as const),
    bootScript: fc.constant('/var/lib/lodge/network/boot.sh'),
  }),
  network: fc.record({
    transaction: orNull(fc.constant({ plan: 1, state: 'armed' as const, startedAtMs: 0, deadlineMs: 0, reason: null })),
    findings: fc.subarray([
      { id: 'a', level: 'alarm' as const, what: 'one', cause: 'c', consequence: 'it locks out', fix: null },
      { id: 'b', level: 'note' as const, what: 'two', cause: 'c', consequence: 'nothing', fix: null },
    ]),
  }),
});

const mount = fc.record({
  point: fc.constant('/var'),
  source: fc.constant('/dev/vdb'),
  options: fc.subarray(['ro', 'noexec', 'nodev']),
});

function factsOf(programs: string[], systemd: boolean): fc.Arbitrary<HostFacts> {
  return fc.record({
    ...network,
    accelerator: known(accelerator),
    virtualisation: known(virtualisation(programs.includes('modprobe'))),
    missingPackages: known(fc.subarray(['ovmf', 'nftables'])),
    accounts: known(
      fc.record({
        qemuUser: fc.boolean(),
        lodgeGroup: fc.boolean(),
        members: fc.subarray(['anna']),
        kvmGroup: fc.boolean(),
      }),
    ),
    qemu: known(
      fc.record({
        binary: fc.constant('/usr/bin/qemu-system-x86_64'),
        version: fc.constant('7.2.22'),
        machines: fc.subarray(['pc', 'q35']),
        devices: fc.constantFrom([], ['VGA']),
        uefi: fc.constantFrom(null, { code: '/code', varsTemplate: '/vars' }),
      }),
    ),
    root: known(
      fc.record({
        root: fc.constantFrom('', '/srv/lodge'),
        problems: fc.subarray([
          { path: 'LODGE_ROOT', rule: 'must be shorter', value: '' },
          { path: '/srv', rule: 'must let lodge-qemu in', value: '0700' },
        ]),
      }),
    ),
    memory: known(fc.record({ totalBytes: bytes, availableBytes: bytes, swapTotalBytes: bytes, swapFreeBytes: bytes })),
    disk: known(
      fc.record({
        path: fc.constant('/var/lib/lodge'),
        freeBytes: bytes,
        totalBytes: bytes,
        freeInodes: fc.constantFrom(0, 20_000, 5e6),
        totalInodes: fc.constantFrom(0, 25_000, 6e6),
      }),
    ),
    stateMount: known(fc.record({ path: fc.constant('/var/lib/lodge'), mount: orNull(mount) })),
    packets: packets(systemd),
    uplink: known(uplink),
    clock: known(fc.record({ synchronised: fc.constantFrom(true, false, null), systemd: fc.constant(systemd) })),
    appArmor: known(
      fc.record({
        enabled: fc.boolean(),
        profiles: fc.constantFrom(
          null,
          [],
          [{ name: '/usr/sbin/dnsmasq', mode: 'enforce' }],
          [
            { name: '/usr/sbin/dnsmasq', mode: 'enforce' },
            { name: 'qemu-system-x86_64', mode: 'enforce' },
          ],
        ),
      }),
    ),
    landlock: known(fc.constantFrom(0, 2, 6)),
    systemd: fc.constant({ facts: systemd }),
    programs: fc.constant(programs),
  });
}

export const hostFacts: fc.Arbitrary<HostFacts> = fc
  .tuple(fc.subarray([...PROGRAMS_TO_LOOK_FOR]), fc.boolean())
  .chain(([programs, systemd]) => factsOf(programs, systemd));
