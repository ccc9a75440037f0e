type QemuValue = string | number | boolean;

/** Properties in the order in which they are printed; `undefined` ones are left out. */
export type QemuProperties = Record<string, QemuValue | undefined>;

/**
 * One option of QEMU as data. `text` is for options that QEMU does not split at commas (`-uuid`, `-pidfile`, `-cpu`);
 * `properties` for those it does, with the leading bare word in `head`.
 */
export type QemuOption =
  | { flag: string; kind: 'switch' }
  | { flag: string; kind: 'text'; text: string }
  | { flag: string; kind: 'list'; head: string | null; properties: QemuProperties };

export function option(flag: string): QemuOption {
  return { flag, kind: 'switch' };
}

export function textOption(flag: string, text: string): QemuOption {
  return { flag, kind: 'text', text };
}

export function listOption(flag: string, head: string | null, properties: QemuProperties = {}): QemuOption {
  return { flag, kind: 'list', head, properties };
}

export function device(driver: string, properties: QemuProperties = {}): QemuOption {
  return listOption('device', driver, properties);
}

/**
 * The text after the flag, or null for a switch. The only place that escapes: QEMU's option syntax (qemu(1),
 * "-device", util/keyval.c) ends a value at a comma and reads a doubled one as itself.
 *
 *     device('virtio-net-pci', {netdev: 'net0'}) -> virtio-net-pci,netdev=net0
 *     {filename: '/a,b'}                         -> filename=/a,,b
 *     {discard: true, romfile: ''}               -> discard=on,romfile=
 */
export function optionValue(item: QemuOption): string | null {
  if (item.kind === 'switch') return null;
  if (item.kind === 'text') return item.text;
  const properties = Object.entries(item.properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${propertyText(value)}`],
  );
  return [...(item.head === null ? [] : [escapeComma(item.head)]), ...properties].join(',');
}

function propertyText(value: QemuValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return escapeComma(String(value));
}

function escapeComma(text: string): string {
  return text.replaceAll(',', ',,');
}

/** The arguments as the process gets them. */
export function toArgv(options: QemuOption[]): string[] {
  return options.flatMap((item) => {
    const value = optionValue(item);
    return value === null ? [`-${item.flag}`] : [`-${item.flag}`, value];
  });
}

/** One option with its value a line: what `lodge command` prints and the golden tests hold. */
export function toLines(options: QemuOption[]): string {
  return options.map((item) => `${toArgv([item]).join(' ')}\n`).join('');
}
