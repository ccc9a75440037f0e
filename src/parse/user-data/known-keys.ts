import { isAlias, isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import type { YamlReading } from '../../base/bounded-yaml.ts';
import { closest } from '../../base/suggest.ts';
import { doubtful, type Place, type UserDataFinding, wrong } from './finding.ts';

type Kind = 'text' | 'number' | 'truth' | 'list' | 'mapping';

/**
 * The keys at the top of `#cloud-config`. One that no module reads does nothing, and cloud-init says so in a log of the guest: a
 * warning, for a newer cloud-init may know more. A value that ends the module that reads it is an error. A slip of a known
 * key is named; nothing else that was typed is repeated, a password may stand where a key should.
 */
export function judgeKeys({ targetOf }: YamlReading, top: YAMLMap, place: Place): UserDataFinding[] {
  // A key may come twice: the last one counts.
  const last = new Map(top.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : null, pair]));
  return [...last].flatMap(([key, pair]): UserDataFinding[] => {
    if (key === null || key === '<<') return [];
    const at = (node: unknown) => place(isScalar(node) ? (node.range?.[0] ?? 0) : 0);
    if (!KEYS.has(key)) {
      // The usual home of anchors.
      if (/^(x-|\.)/.test(key)) return [];
      const near = closest(key, [...KEYS]);
      const meant = near === undefined ? '' : `, not ${key}: perhaps ${near} is meant`;
      return [doubtful(`have keys that a module of cloud-init reads${meant}${at(pair.key)}`)];
    }
    const needed = KINDS.get(key);
    const kind = kindOf(isAlias(pair.value) ? targetOf(pair.value) : pair.value);
    if (needed === undefined || kind === null || needed.includes(kind)) return [];
    return [
      wrong(`have ${needed.map((each) => NAMES[each]).join(' or ')} in ${key}, not ${NAMES[kind]}${at(pair.key)}`),
    ];
  });
}

const NAMES: Record<Kind, string> = {
  text: 'text',
  number: 'a number',
  truth: 'true or false',
  list: 'a list',
  mapping: 'a mapping',
};

/** Null for nothing. A plain word is text unless our YAML and PyYAML both read it otherwise: `y` and `1e3` are text in the guest. */
function kindOf(node: unknown): Kind | null {
  if (isMap(node)) return 'mapping';
  if (isSeq(node)) return 'list';
  if (!isScalar(node) || node.value === null) return null;
  if (node.type !== 'PLAIN' || node.tag !== undefined) return 'text';
  if (/^(0|[1-9]\d*)$/.test(node.source ?? '')) return 'number';
  return /^(true|false|yes|no|on|off)$/i.test(node.source ?? '') ? 'truth' : 'text';
}

const SCALARS: readonly Kind[] = ['text', 'number', 'truth'];

/** What the modules of cloud-init 22.4 and later work with. Some take more than the schema says, such as one package as text. */
const KINDS = new Map<string, readonly Kind[]>([
  ['bootcmd', ['list']],
  ['chpasswd', ['mapping']],
  ['fqdn', ['text']],
  ['groups', ['list', 'mapping', 'text']],
  ['hostname', ['text']],
  ['mounts', ['list']],
  ['packages', ['list', 'text']],
  ['password', SCALARS],
  ['runcmd', ['list']],
  ['ssh_authorized_keys', ['list']],
  ['ssh_keys', ['mapping']],
  ['timezone', ['text']],
  ['users', ['list', 'mapping', 'text']],
  ['write_files', ['list']],
]);

/** Those of the published schema, and those that are read without standing in it. */
const KEYS: ReadonlySet<string> = new Set(
  `
  allow_public_ssh_keys allow_userdata ansible apk_repos apt apt_pipelining apt_reboot_if_required apt_update apt_upgrade authkey_hash
  autoinstall bootcmd byobu_by_default ca-certs ca_certs chef chpasswd cloud_config_modules cloud_final_modules cloud_init_modules
  create_hostname_file datasource datasource_list debug def_log_file device_aliases disable_ec2_metadata disable_root
  disable_root_opts disable_vendor_data disk_setup drivers fan final_message fqdn fs_setup groups growpart grub-dpkg grub_dpkg
  hostname keyboard landscape launch-index locale locale_configfile log_basic log_cfgs logcfg lxd manage_etc_hosts
  manage_resolv_conf manual_cache_clean mcollective merge_how merge_type migrate mount_default_fields mounts network
  no_ssh_fingerprints ntp output package_reboot_if_required package_update package_upgrade packages password phone_home power_state
  prefer_fqdn_over_hostname preserve_hostname puppet random_seed reporting resize_rootfs resolv_conf rh_subscription rpi rsyslog
  runcmd salt_minion snap spacewalk ssh ssh_authorized_keys ssh_deletekeys ssh_fp_console_blacklist ssh_genkeytypes ssh_import_id
  ssh_key_console_blacklist ssh_keys ssh_publish_hostkeys ssh_pwauth ssh_quiet_keygen swap syslog_fix_perms system_info timezone
  ubuntu-advantage ubuntu_advantage ubuntu_pro unverified_modules updates user users vendor_data vendor_data2 warnings wireguard
  write_files yum_repo_dir yum_repos zypper
  `
    .trim()
    .split(/\s+/),
);
