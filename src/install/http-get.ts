import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isLodgeError, LodgeError } from '../base/errors.ts';
import { type ProxySettings, proxyFor, withoutLogin } from '../base/proxy.ts';
import { inwards, lookupFrom, type Reach, reachOf, reachOfUrl } from './redirect-guard.ts';

/** As many as fetch follows (https://fetch.spec.whatwg.org). */
const MOST_REDIRECTS = 20;
/** 100, 102 and 103 (RFC 9110, 15.2), of which a server sends one or two. */
const MOST_INFORMATION = 20;
/** Of the whole head, as everywhere here. */
const HEAD_MAX_BYTES = 16 * 1024;

/**
 * Asks for a URL and follows its redirects, each through the proxy that the settings name for it: CONNECT for https:. Node's own
 * reading of no_proxy knows no prefixes, so the choice is made here and its agents are told of one proxy or of none. What the user named is
 * asked wherever it is; a redirect is followed to where as many people reach, or more: root asks here, past the firewall of his host.
 *
 * @throws with the proxy in the words, never with its login
 */
export async function httpGet(url: string, proxies: ProxySettings, signal: AbortSignal): Promise<IncomingMessage> {
  let wanted = new URL(url);
  let from: Reach = 'host';
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const proxy = proxyFor(wanted, proxies);
    const answer: IncomingMessage = await ask(wanted, { proxy, from, signal }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw proxy === null || isLodgeError(cause)
        ? cause
        : new Error(`through the proxy ${withoutLogin(proxy)}`, { cause });
    });
    const { statusCode = 0, headers } = answer;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined)
      return refuseError(answer, proxy);
    const { remoteAddress } = answer.socket;
    from = proxy === null && remoteAddress !== undefined ? reachOf(remoteAddress) : reachOfUrl(wanted);
    answer.destroy();
    wanted = leadsTo(headers.location, wanted, from);
  }
  throw new Error(`more than ${MOST_REDIRECTS} redirects`);
}

function leadsTo(location: string, asked: URL, from: Reach): URL {
  if (!URL.canParse(location, asked.href)) throw new Error('it leads to what is no URL');
  const wanted = new URL(location, asked);
  if (wanted.protocol !== 'http:' && wanted.protocol !== 'https:') throw new Error(`it leads to ${wanted.protocol}`);
  const refusal = inwards(from, reachOfUrl(wanted), wanted.hostname);
  if (refusal !== null) throw refusal;
  return wanted;
}

function refuseError(answer: IncomingMessage, proxy: string | null): IncomingMessage {
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) return answer;
  answer.destroy();
  if (statusCode === 407 && proxy !== null) throw loginWanted(proxy);
  throw new HttpRefusal(statusCode, proxy === null ? '' : `, through the proxy ${withoutLogin(proxy)}`);
}

/** An answer that is none of what was asked for. */
export class HttpRefusal extends Error {
  readonly status: number;

  constructor(status: number, through: string) {
    const name = http.STATUS_CODES[status];
    super(`the server answered ${status}${name === undefined ? '' : ` (${name})`}${through}`);
    this.status = status;
  }
}

interface Asking {
  proxy: string | null;
  /** Who reaches the server that led here. */
  from: Reach;
  signal: AbortSignal;
}

function ask(url: URL, { proxy, from, signal }: Asking): Promise<IncomingMessage> {
  if (proxy !== null && !/^https?:\/\//i.test(proxy)) {
    return Promise.reject(new Error('only http: and https: proxies are spoken'));
  }
  const proxyEnv = proxy === null ? {} : { http_proxy: proxy, https_proxy: proxy };
  const isTls = url.protocol === 'https:';
  // A failed tunnel's error names the proxy's address and what it said, not the login.
  const agent = isTls ? new https.Agent({ proxyEnv }) : new http.Agent({ proxyEnv });
  const options = {
    agent,
    signal,
    // Of what goes through a proxy, the proxy's own name: that is the user's.
    lookup: lookupFrom(proxy === null ? from : 'host'),
    maxHeaderSize: HEAD_MAX_BYTES,
    headers: { 'accept-encoding': 'identity' },
  };
  return new Promise((resolve, reject) => {
    const request = isTls ? https.get(url, options) : http.get(url, options);
    request.once('response', resolve);
    let informed = 0;
    request.on('information', () => {
      informed += 1;
      if (informed > MOST_INFORMATION) request.destroy(new Error('it says that it is about to answer, and never does'));
    });
    // Not once: what is no HTTP any more behind an answer is an error again, and nobody's but ours to hear.
    request.on('error', (error) => {
      const wantsLogin = proxy !== null && /HTTP\/1\.[01] 407/.test(error.message);
      reject(wantsLogin ? loginWanted(proxy) : error);
    });
  });
}

function loginWanted(proxy: string): LodgeError {
  return new LodgeError('DOWNLOAD_FAILED', `the proxy ${withoutLogin(proxy)} wants a login, or another one`, {
    hint: 'set it in the proxy’s URL, as in https_proxy=http://user:password@proxy:3128, and start the daemon anew',
  });
}
