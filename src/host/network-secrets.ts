import { BLANKED } from '../base/blanked.ts';

/**
 * Options whose value is a secret, whatever the dialect: `psk=…`, `wpa-psk …`, `password: …`, `PrivateKey=…`, `wep-key0=…`. Paths to
 * key files are none.
 */
const SECRET_OPTION =
  /^([^\S\r\n\u2028\u2029]*(?:- )?["']?(?:[\w.-]*(?:psk|passwo?r?d|passphrase|secret|token|pin)|(?:wpa|wireless)-key\d?|wep[-_]?key\d?|(?:private|preshared|shared|wep-tx)[-_]?key|private|shared|key)["']?(?:\s*[=:]\s*|[ \t]+))(?!["']?\/)(\S.*)$/gim;
const PRIVATE_KEY_BLOCK = /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** A configuration file's text without its secrets. Lines stay where they were. */
export function blankSecrets(text: string): string {
  return text
    .replace(PRIVATE_KEY_BLOCK, (block, begin: string, end: string) => {
      return `${begin}${block.slice(begin.length, block.length - end.length).replace(/[^\s]+/g, BLANKED)}${end}`;
    })
    .replace(SECRET_OPTION, (line, option: string) => (line.trimStart().startsWith('#') ? line : option + BLANKED));
}
