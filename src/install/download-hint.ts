import { LodgeError } from '../base/errors.ts';
import { HttpRefusal } from './http-get.ts';
import { RedirectInwards } from './redirect-guard.ts';

const BY_HAND = 'or download it yourself, then lodge image import FILE';
const LATER = 'try again later';
const INWARDS = 'a server of the internet may not lead there: if that is what you want, name that URL yourself';
const OTHER_URL = 'look at the URL: its publisher may have moved it';

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'look at the URL: the server does not understand it',
  401: `the server wants a login, which a URL must not have in it: download it yourself, then lodge image import FILE`,
  403: `look at the URL: the server gives this to nobody, or not without a login; ${BY_HAND}`,
  404: OTHER_URL,
  410: OTHER_URL,
};

interface NetworkFault {
  code: RegExp;
  /** In place of Node's words, which are a name of C's. */
  says?: string;
  hint: string;
}

/** By what the connection died of; node:net and node:tls name it. */
const FAULTS: readonly NetworkFault[] = [
  {
    code: /^ENOTFOUND$/,
    says: 'there is no such name in the DNS',
    hint: 'look at the name in the URL',
  },
  { code: /^EAI_AGAIN$/, says: "the host's DNS gives no answer", hint: 'what is wrong with it: lodge doctor' },
  {
    code: /^ECONNREFUSED$/,
    says: 'nothing listens there',
    hint: 'look at the name and the port in the URL',
  },
  { code: /^ECONNRESET$/, says: 'the connection was broken off', hint: LATER },
  { code: /^ETIMEDOUT$/, says: 'no answer came in time', hint: LATER },
  { code: /^E(HOST|NET)UNREACH$/, says: 'no way leads there', hint: LATER },
  {
    code: /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/,
    hint: `the certificate is not one to be trusted, or the host's clock is wrong; ${BY_HAND}`,
  },
  {
    code: /^HPE_HEADER_OVERFLOW$/,
    says: 'the head of its answer is longer than any that is meant well',
    hint: 'look at the URL',
  },
  {
    code: /^(EPROTO|ERR_SSL|HPE_)/,
    hint: 'look at the URL: the other end does not speak that protocol there',
  },
];

/** The error of a download that did not work, in words. */
export function downloadFailed(url: string, cause: unknown): LodgeError {
  const message = `${url} could not be downloaded`;
  return new LodgeError('DOWNLOAD_FAILED', message, { cause: inWords(cause), hint: downloadHint(cause) });
}

function inWords(cause: unknown): unknown {
  const says = networkFaultOf(cause)?.says;
  return says === undefined ? cause : new Error(says);
}

function networkFaultOf(cause: unknown): NetworkFault | undefined {
  for (let current: unknown = cause; current instanceof Error; current = current.cause) {
    const { code = '' } = current as NodeJS.ErrnoException;
    const found = FAULTS.find((fault) => fault.code.test(code));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What to do about a download that failed: to try again later helps only where the server may answer otherwise then. */
export function downloadHint(cause: unknown): string {
  for (let current: unknown = cause; current instanceof Error; current = current.cause) {
    if (current instanceof HttpRefusal) return hintForStatus(current.status);
    if (current instanceof RedirectInwards) return INWARDS;
  }
  return networkFaultOf(cause)?.hint ?? LATER;
}

function hintForStatus(status: number): string {
  const isTemporary = status >= 500 || [408, 425, 429].includes(status);
  return isTemporary ? LATER : (BY_STATUS[status] ?? 'look at the URL');
}
