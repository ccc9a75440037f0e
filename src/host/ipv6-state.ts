import { exec } from './exec.ts';
import { readSysctl } from './sysctl.ts';

/**
 * Whether our network namespace has IPv6: `absent` by the kernel (ipv6.disable=1), `off` by the owner's setting. `default.disable_ipv6` alone does not say no: it leaves each interface to
 * whoever makes it, and Lodge makes the taps.
 */
export async function observeIpv6(): Promise<'on' | 'absent' | 'off'> {
  const disabled = await readSysctl(['net', 'ipv6', 'conf', 'all', 'disable_ipv6']);
  if (disabled === null) return 'absent';
  return disabled === '1' ? 'off' : 'on';
}

/** Whether nft takes tables for both families (CONFIG_NF_TABLES_INET), by asking it: nothing is changed. */
export async function canGuardIpv6(): Promise<boolean> {
  const input =
    'table inet lodge_check {\n chain c {\n type filter hook input priority 0\n ip6 saddr ::1 accept\n }\n}\n';
  const { exitCode } = await exec('nft', ['--check', '--file', '-'], { input, okExitCodes: [0, 1] });
  return exitCode === 0;
}
