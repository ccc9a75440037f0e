import { LodgeError } from '../base/errors.ts';
import { HttpRefusal } from './http-get.ts';

const BY_HAND = 'or download it yourself, then lodge image import FILE';
const OTHER_URL = 'look at the URL: its publisher may have moved it';

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'look at the URL: the server does not understand it',
  401: `the server wants a login, which a URL must not have in it: download it yourself, then lodge image import FILE`,
  403: `look at the URL: the server gives this to nobody, or not without a login; ${BY_HAND}`,
  404: OTHER_URL,
  410: OTHER_URL,
};

/** By what the connection died of; node:net and node:tls name it. */
const BY_CODE: readonly (readonly [RegExp, string])[] = [
  [/^ENOTFOUND$/, 'look at the name in the URL: the DNS knows none such'],
  [/^EAI_AGAIN$/, "the host's DNS gives no answer: lodge doctor"],
  [/^ECONNREFUSED$/, 'look at the name and the port in the URL: nothing listens there'],
  [
    /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/,
    `the certificate is not one to be trusted, or the host's clock is wrong; ${BY_HAND}`,
  ],
  [/^(EPROTO|ERR_SSL|HPE_)/, 'look at the URL: the other end does not speak that protocol there'],
];

/** What Node says with a name of C's for it. */
const SAID: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name in the DNS',
  EAI_AGAIN: "the host's DNS gives no answer",
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was broken off',
  ETIMEDOUT: 'no answer came in time',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
};

/** The error of a download that did not work, in words. */
export function downloadFailed(url: string, cause: unknown): LodgeError {
  const message = `${url} could not be downloaded`;
  return new LodgeError('DOWNLOAD_FAILED', message, { cause: inWords(cause), hint: downloadHint(cause) });
}

function inWords(cause: unknown): unknown {
  for (let current: unknown = cause; current instanceof Error; current = current.cause) {
    const said = SAID[(current as NodeJS.ErrnoException).code ?? ''];
    if (said !== undefined) return new Error(said);
  }
  return cause;
}

/** What to do about a download that failed: to try again later helps only where the server may answer otherwise then. */
export function downloadHint(cause: unknown): string {
  for (let current: unknown = cause; current instanceof Error; current = current.cause) {
    if (current instanceof HttpRefusal) return hintForStatus(current.status);
    const { code = '' } = current as NodeJS.ErrnoException;
    const found = BY_CODE.find(([pattern]) => pattern.test(code));
    if (found !== undefined) return found[1];
  }
  return 'try again later';
}

function hintForStatus(status: number): string {
  const isTemporary = status >= 500 || [408, 425, 429].includes(status);
  return isTemporary ? 'try again later' : (BY_STATUS[status] ?? 'look at the URL');
}
