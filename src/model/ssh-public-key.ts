import { type Parsed, parsed, rejected } from '../base/parsed.ts';

/** SSH_MAX_PUBKEY_BYTES of OpenSSH: the longest line that sshd reads as a key. */
const LONGEST = 16_384;

const KEY_TYPES: readonly string[] = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
];

/** AUTHORIZED_KEYS FILE FORMAT of sshd(8). One that sshd does not know makes it pass over the whole key. */
const BARE_OPTIONS =
  /^(cert-authority|restrict|(no-)?(agent-forwarding|port-forwarding|pty|user-rc|x11-forwarding)|no-touch-required|verify-required)$/;
const OPTIONS_WITH_VALUE = /^(command|environment|expiry-time|from|permitlisten|permitopen|principals|tunnel)$/;

export interface SshPublicKey {
  /** As it stands in an authorized_keys file: options, type, key, comment. */
  line: string;
  /** Options, type and key without the comment: what makes two lines the same key. */
  identity: string;
}

/**
 * Reads one line of a `.pub` or authorized_keys file: a key with its options, if sshd of today would take it. The only rule of what
 * a public key is, for the command line and for the daemon: what passes is one line, and stays one key wherever it is written.
 */
export function parseSshPublicKey(text: string): Parsed<SshPublicKey> {
  const line = text.trim();
  if (line.length > LONGEST) return rejected(`a public key of at most ${LONGEST} characters`);
  if (hasControlCharacter(line) || !line.isWellFormed())
    return rejected('one line of text, without control characters');
  const direct = keyFields(line);
  if (KEY_TYPES.includes(direct.type)) return checkKey('', direct);
  const foreign = foreignKind(line, direct.type);
  if (foreign !== null) return rejected(foreign);
  const options = readOptions(line);
  if (!options.ok) return options;
  const rest = keyFields(line.slice(options.value.length).trim());
  if (KEY_TYPES.includes(rest.type)) return checkKey(`${options.value} `, rest);
  return rejected(foreignKind(line.slice(options.value.length).trim(), rest.type) ?? A_KEY);
}

const A_KEY = 'an OpenSSH public key on one line';
const KNOWN_OPTIONS = 'a key whose options sshd(8) knows, quoted as it wants them';

interface KeyFields {
  type: string;
  blob: string;
  comment: string;
}

function keyFields(text: string): KeyFields {
  const [, type = '', blob = '', comment = ''] = /^(\S+)(?:[ \t]+(\S+))?(?:[ \t]+(.*))?$/s.exec(text.trim()) ?? [];
  return { type, blob, comment };
}

function checkKey(options: string, { type, blob, comment }: KeyFields): Parsed<SshPublicKey> {
  if (!/^[A-Za-z0-9+/]+={0,3}$/.test(blob) || !saysItsType(blob, type)) return rejected(`a whole key after ${type}`);
  const identity = `${options}${type} ${blob}`;
  return parsed({ line: comment === '' ? identity : `${identity} ${comment}`, identity });
}

/** RFC 4253 section 6.6: a key begins with its own type, as a string with its length in four bytes. */
function saysItsType(blob: string, type: string): boolean {
  const wanted = String.fromCharCode(0, 0, 0, type.length) + type;
  const characters = Math.floor((wanted.length * 4) / 3);
  return blob.startsWith(btoa(wanted).slice(0, characters));
}

/** What is a key of a kind that no guest takes, in words that follow "must be"; null for everything else. */
function foreignKind(line: string, type: string): string | null {
  if (type === 'ssh-dss') return 'no DSA key: OpenSSH takes none any more';
  if (type.endsWith('-cert-v01@openssh.com')) return 'a key and no certificate: take the .pub it was made for';
  if (/^\d+[ \t]+\d+[ \t]+\d{20,}/.test(line)) return 'no key of SSH protocol 1: OpenSSH takes none any more';
  if (line.startsWith('---- BEGIN SSH2 PUBLIC KEY')) return "in OpenSSH's form: ssh-keygen -i -f FILE prints it";
  if (/^PuTTY-User-Key-File/.test(line)) return 'a public key: this is the private one, of PuTTY';
  if (line.includes('PRIVATE KEY')) return 'a public key: this is the private one, its twin ends in .pub';
  return null;
}

/**
 * The options before a key: names with commas between, values in quotes, in which `\"` is a quote. They end at the first blank outside
 * of quotes.
 */
function readOptions(line: string): Parsed<string> {
  const option = /([A-Za-z0-9-]+)(?:="((?:\\"|[^"])*)")?/y;
  let at = 0;
  for (;;) {
    option.lastIndex = at;
    const [all = '', name = '', value] = option.exec(line) ?? [];
    const isKnown = (value === undefined ? BARE_OPTIONS : OPTIONS_WITH_VALUE).test(name.toLowerCase());
    if (!isKnown) return rejected(KEY_TYPES.some((type) => line.includes(` ${type} `)) ? KNOWN_OPTIONS : A_KEY);
    // sshd would take the quote behind it for the value's, and read on.
    if (value?.endsWith('\\')) return rejected(A_KEY);
    at += all.length;
    if (line[at] === ' ' || line[at] === '\t') return parsed(line.slice(0, at));
    if (line[at] !== ',') return rejected(A_KEY);
    at += 1;
  }
}

/** C0, DEL, C1 and Unicode's line separators: somebody somewhere would take one of them for the line's end. */
function hasControlCharacter(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
