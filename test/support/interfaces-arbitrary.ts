import fc from 'fast-check';

const word = fc.constantFrom('eth0', 'br0', 'lo', 'eth0:1', 'eth0.100', 'inet', 'inet6', 'static', 'manual', 'dhcp');
const keyword = fc.constantFrom(
  'auto',
  'allow-hotplug',
  'iface',
  'mapping',
  'source',
  'source-directory',
  'no-scripts',
);
const option = fc.constantFrom(
  'address',
  'netmask',
  'gateway',
  'up',
  'post-up',
  'bridge_ports',
  'inherits',
  'template',
);
const value = fc.constantFrom(
  '192.0.2.2/26',
  'fe80::1',
  'ip route add 203.0.113.0/29 dev eth0',
  'none',
  '/etc/network/*',
);
const space = fc.constantFrom('', ' ', '\t', '  \t ', '    ');
const ending = fc.constantFrom('\n', '\n', '\n', '\n', '\r\n', ' \n', '\\\n', ' \\\n', '\\\r\n', '\n\n');
const noise = fc.string({
  unit: fc.constantFrom('a', '#', '\\', ' ', '\t', '\n', '\r', 'iface ', 'auto', '%', '\u00a0'),
});

const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(space, keyword, fc.array(word, { maxLength: 4 })).map(join) },
  { weight: 6, arbitrary: fc.tuple(space, option, fc.array(value, { maxLength: 2 })).map(join) },
  { weight: 2, arbitrary: fc.tuple(space, fc.constant('#'), fc.array(word, { maxLength: 3 })).map(join) },
  { weight: 1, arbitrary: noise },
);

/** Texts that are nearly interfaces(5): keywords, options, comments, continued lines, DOS line ends, junk. */
export const interfacesText = fc
  .array(fc.tuple(line, ending), { maxLength: 30 })
  .chain((lines) => fc.boolean().map((isEnded) => [lines.map(([text, end]) => text + end).join(''), isEnded] as const))
  .map(([text, isEnded]) => (isEnded ? text : text.replace(/\n+$/, '')));

const cleanHead = fc
  .tuple(
    fc.constantFrom('eth0', 'br0', 'lo', 'eth0:1', 'eth1'),
    fc.constantFrom('inet static', 'inet6 manual', 'inet dhcp'),
  )
  .map(([name, method]) => `iface ${name} ${method}`);
const cleanNames = fc
  .tuple(fc.constantFrom('auto', 'allow-hotplug', 'no-scripts'), fc.array(word, { minLength: 1, maxLength: 3 }))
  .map(([first, names]) => [first, ...names].join(' '));
const cleanOption = fc.tuple(option, value).map(([name, text]) => `${name} ${text}`);
const cleanText = fc.constantFrom('', '# eth0', '  # a \\', '\t');
const cleanEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', ' \\\n\n');

/** Stanzas, each with its options, `auto` lines and comments: what ifupdown would take, mostly. */
export const cleanInterfacesText = fc
  .array(
    fc.oneof(
      fc
        .tuple(
          cleanHead,
          fc.array(fc.oneof({ weight: 3, arbitrary: cleanOption }, { weight: 1, arbitrary: cleanText })),
        )
        .map(([head, lines]) => [head, ...lines]),
      cleanNames.map((line) => [line]),
      cleanText.map((line) => [line]),
    ),
    { maxLength: 8 },
  )
  .chain((blocks) => {
    const lines = blocks.flat();
    return fc
      .tuple(fc.array(cleanEnd, { minLength: lines.length, maxLength: lines.length }), fc.boolean())
      .map(([ends, isEnded]) => {
        const text = lines.map((text, index) => text + (text.endsWith('\\') ? '\n' : ends[index])).join('');
        return isEnded ? text : text.replace(/\n$/, '');
      });
  });

function join([indent, first, others]: [string, string, string[]]): string {
  return indent + [first, ...others].join(' ');
}
