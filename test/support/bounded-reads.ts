/** Sources by path from the repository's root. */
export interface Source {
  path: string;
  text: string;
}

/** By which names node:fs opens or reads a file. Whatever a file is, `open` waits for the other end of a FIFO. */
const FS_READS =
  /^(open(Sync|AsBlob)?|readv?(Sync)?|readFile(Sync)?|createReadStream|ReadStream|FileReadStream|promises)$/;
/** By which names the library makes anything of a text. */
const YAML_READS = /^(parse\w*|Parser|Composer|Lexer|CST)$/;

const KERNEL = 'the kernel is who answers: the paths stand in the code, and begin with /proc';
const OWN_WRITES = 'it is opened to be written, in a directory that only root writes';
const OWN_IMAGES =
  'disks and images of ours, in directories that only root writes, whose bytes go to a descriptor or are few';
const OWN_WORDS = "Lodge's own package.json, in a checkout";

/** Who opens or reads files past `base/bounded-file.ts`, and why he may. */
const DIRECT_READS: Record<string, string> = {
  'src/base/bounded-file.ts': 'this is the piece',
  'src/cli/built.ts': OWN_WORDS,
  'src/cli/copy/tar-writer.ts': 'a copy is as large as what is copied: read in pieces, never waited for',
  'src/cli/copy/unpack.ts': OWN_WRITES,
  'src/cli/copy/work-directory.ts':
    'the kernel is who answers, and what is opened is a directory, or nothing (O_DIRECTORY)',
  'src/cli/start-daemon.ts': OWN_WRITES,
  'src/daemon/version.ts': OWN_WORDS,
  'src/engine/guests/log-writers.ts': 'the last megabyte of a log, in a directory that only root writes',
  'src/engine/images/find-imported.ts': OWN_IMAGES,
  'src/host/cpu.ts': KERNEL,
  'src/host/exec.ts': OWN_WRITES,
  'src/host/files.ts': OWN_WRITES,
  'src/host/id-map.ts': KERNEL,
  'src/host/inherited-descriptors.ts': KERNEL,
  'src/host/kernel.ts': KERNEL,
  'src/host/memory.ts': KERNEL,
  'src/host/mount.ts': KERNEL,
  'src/host/open-as.ts': 'with the rights of whoever named it, never waited for, and no file but a regular one',
  'src/host/owned-socket.ts': 'O_PATH: nothing is read by it',
  'src/host/process-end.ts': KERNEL,
  'src/host/process-identity.ts': KERNEL,
  'src/host/scratch-file.ts': OWN_WRITES,
  'src/host/sysctl.ts': KERNEL,
  'src/host/uptime.ts': KERNEL,
  'src/install/assemble-disk.ts': OWN_IMAGES,
  'src/install/build-debian.ts': OWN_IMAGES,
  'src/install/download.ts': OWN_WRITES,
  'src/install/import-image.ts': OWN_IMAGES,
  'src/install/place-image.ts': OWN_IMAGES,
  'src/install/private-copy.ts': OWN_IMAGES,
  'src/qemu/images.ts': OWN_IMAGES,
  'src/qemu/log-file.ts': 'read in pieces, in a directory that only root writes',
  'src/qemu/log-writer.ts': 'a pipe of ours, to learn whether somebody reads it',
  'src/qemu/prepare-logs.ts': OWN_WRITES,
  'src/store/make-file.ts': OWN_WRITES,
  'src/twin/reaper.ts': KERNEL,
};

const OWN_RECORDS = 'a file or a row that only root writes';
const OF_THE_DAEMON = 'the daemon is whom the command line asks';
const OF_THE_KERNEL = 'iproute2 and nft tell what the kernel holds, 64 MiB of it at most (host/exec.ts)';
const OF_THE_TWIN = 'programs of the twin, in namespaces of its own';

/** Who makes values of JSON past `base/bounded-json.ts`, and why he may. */
const DIRECT_JSON: Record<string, string> = {
  'src/api/start-refusal.ts': OF_THE_DAEMON,
  'src/api/client.ts': OF_THE_DAEMON,
  'src/base/bounded-json.ts': 'this is the piece',
  'src/cli/built.ts': OWN_WORDS,
  'src/cli/commands/net-facts.ts': OF_THE_DAEMON,
  'src/cli/exec-session.ts': OF_THE_DAEMON,
  'src/daemon/version.ts': OWN_WORDS,
  'src/engine/nat/forwarding-record.ts': OWN_RECORDS,
  'src/engine/network/judge.ts': 'its judge is our own code, and its answer 16 MiB at most',
  'src/engine/network/transaction.ts': OWN_RECORDS,
  'src/host/ip.ts': OF_THE_KERNEL,
  'src/host/mac-guard.ts': OF_THE_KERNEL,
  'src/host/network-command.ts': OF_THE_KERNEL,
  'src/host/network-firewall.ts': OF_THE_KERNEL,
  'src/host/nft.ts': OF_THE_KERNEL,
  'src/host/route-to.ts': OF_THE_KERNEL,
  'src/qemu/firmware.ts': 'descriptions that a package of the distribution brings',
  'src/qemu/probe/run.ts': OWN_RECORDS,
  'src/qemu/qmp-wire.ts':
    'a line of bounded length, of which single values are taken (test/attacks/hostile-guest.test.ts)',
  'src/store/erase-guest.ts': OWN_RECORDS,
  'src/store/guests.ts': OWN_RECORDS,
  'src/store/network-plans.ts': OWN_RECORDS,
  'src/store/operations.ts': OWN_RECORDS,
  'src/store/store.ts': OWN_RECORDS,
  'src/twin/ping-stream.ts': OF_THE_TWIN,
  'src/twin/probe-unused.ts': OF_THE_TWIN,
  'src/twin/spaces.ts': OF_THE_TWIN,
  'src/twin/state.ts': OF_THE_TWIN,
  'src/twin/switch.ts': OF_THE_TWIN,
  'src/twin/tcp.ts': OF_THE_TWIN,
};

/** Who reads the library's YAML past `base/bounded-yaml.ts`. */
const DIRECT_YAML: Record<string, string> = { 'src/base/bounded-yaml.ts': 'this is the piece' };

/** What sources read without a bound, a line for each; and the lines of the tables above that nobody needs any more. */
export function unboundedReads(sources: readonly Source[]): string[] {
  return [
    ...beyond(sources, DIRECT_READS, readsDirectly, 'opens or reads a file past base/bounded-file.ts'),
    ...beyond(sources, DIRECT_JSON, ({ text }) => /\bJSON\.parse\b/.test(text), 'makes JSON past base/bounded-json.ts'),
    ...beyond(
      sources,
      DIRECT_YAML,
      ({ text }) => imports(text, /^yaml$/, YAML_READS),
      'reads YAML past base/bounded-yaml.ts',
    ),
    ...sources
      .filter(({ path, text }) => DIRECT_READS[path] === KERNEL && !readsTheKernelAlone(text))
      .map(({ path }) => `${path} reads what is not below /proc`),
  ];
}

function beyond(
  sources: readonly Source[],
  allowed: Record<string, string>,
  isDirect: (source: Source) => boolean,
  what: string,
): string[] {
  const direct = sources.filter(isDirect).map(({ path }) => path);
  const unneeded = sources.filter(({ path }) => path in allowed && !direct.includes(path));
  return [
    ...direct.filter((path) => !(path in allowed)).map((path) => `${path} ${what}`),
    ...unneeded.map(({ path }) => `${path} is said to be one that ${what}, and is none`),
  ];
}

function readsDirectly({ text }: Source): boolean {
  // What a handle is asked for needs no import.
  const isOfHandle = /\.(readFile|createReadStream|readLines|readableWebStream)\(/.test(text);
  return isOfHandle || imports(text, /^(node:)?fs(\/promises)?$/, FS_READS);
}

const NAMED = /(?:import|export)\s+(type\s+)?\{([^}]*)\}\s*from\s*['"]([^'"]+)['"]/g;
const DYNAMIC = /\{([^{}]*)\}\s*=\s*await\s+import\(\s*['"]([^'"]+)['"]\s*\)/g;
/** By the whole module, or into a value that has it: its names stand nowhere. */
const WHOLE =
  /import\s+(?:\*\s+as\s+)?\w+\s+from\s*['"]([^'"]+)['"]|(?<!\}\s*=\s*await\s+)import\(\s*['"]([^'"]+)['"]\s*\)/g;

function imports(text: string, module: RegExp, names: RegExp): boolean {
  const lists = [
    ...[...text.matchAll(NAMED)].map(([, type, list = '', from = '']) => ({ list: type ? '' : list, from })),
    ...[...text.matchAll(DYNAMIC)].map(([, list = '', from = '']) => ({ list, from })),
  ];
  const isNamed = lists.some(({ list, from }) => module.test(from) && namesIn(list).some((name) => names.test(name)));
  return isNamed || [...text.matchAll(WHOLE)].some(([, from, dynamic]) => module.test(from ?? dynamic ?? ''));
}

/** `a, type B, c as d` -> a, c */
function namesIn(list: string): string[] {
  const words = list.split(',').map((entry) => entry.trim());
  return words.filter((entry) => !entry.startsWith('type ')).map((entry) => entry.split(/[\s:]/)[0] ?? '');
}

function readsTheKernelAlone(text: string): boolean {
  const calls = [...text.matchAll(/\breadFile(?:Sync)?\(\s*([^\s,)]+)/g)].map(([, argument = '']) => argument);
  return calls.every((argument) => /^[`'"]\/proc\//.test(argument) || argument.startsWith('fileOf('));
}
