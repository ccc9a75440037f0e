import { Address4, Address6 } from 'ip-address';

/** The proxies of an environment, as curl, apt and npm read it. */
export interface ProxySettings {
  /** Proxy for http: and for https: URLs; with its login, when it has one. */
  http: string | null;
  https: string | null;
  /** Hosts that are reached without: the list as it was written. */
  none: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`; upper case counts where lower case is not set. */
export function proxySettings(env: Environment): ProxySettings {
  const read = (name: string) => env[name] ?? env[name.toUpperCase()] ?? '';
  const proxy = (name: string) => {
    const text = (read(name) || read('all_proxy')).trim();
    if (text === '') return null;
    // `proxy.example:3128` alone is a host, not a scheme.
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  };
  return { http: proxy('http_proxy'), https: proxy('https_proxy'), none: read('no_proxy').trim() };
}

/** The proxy for a URL, null for the direct way. */
export function proxyFor(url: URL, settings: ProxySettings): string | null {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  return proxy === null || goesDirect(url, settings.none) ? null : proxy;
}

/** A proxy as it may be shown: without its login. */
export function withoutLogin(proxy: string): string {
  // By the last @, not by the URL's rules: a password that was not escaped may hold one, and slashes too.
  const shown = proxy.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/i, '$1');
  return shown.replace(/^([a-z][a-z0-9+.-]*:\/\/)?([^/]*).*$/is, '$1$2');
}

/** What may be told of the settings, in the form in which two of them can be compared. */
export function describeProxies({ http, https, none }: ProxySettings): string {
  if (http === null && https === null) return 'no proxy';
  const shown = (proxy: string | null) => (proxy === null ? 'no proxy' : withoutLogin(proxy));
  const both = shown(http) === shown(https) ? shown(http) : `${shown(http)} for http, ${shown(https)} for https`;
  return none === '' ? both : `${both} (not for ${entriesOf(none).join(', ')})`;
}

/** An environment without its proxies: for programs that stay and that others could make talk. */
export function withoutProxies(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && !/_proxy$/i.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

function entriesOf(list: string): string[] {
  return list.split(/[\s,]+/).filter((entry) => entry !== '');
}

function goesDirect(url: URL, list: string): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const host = url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return entriesOf(list.toLowerCase()).some((entry) => {
    if (entry === '*') return true;
    const [, wanted = '', wantedPort] = /^(\[[^\]]*\](?:\/\d+)?|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
    // An IPv6 address without brackets has no port: its last part would be taken for one.
    const isBare = entry.split(':').length > 2 && !entry.startsWith('[');
    if (!isBare && wantedPort !== undefined && wantedPort !== port) return false;
    return covers(isBare ? entry : wanted.replace(/^\[|\](?=$|\/)/g, ''), host);
  });
}

/** `example.org`, `.example.org` and `*.example.org` cover the domain and all below it; addresses and prefixes those in them. */
function covers(entry: string, host: string): boolean {
  if (Address4.isValid(host)) return Address4.isValid(entry) && new Address4(host).isInSubnet(new Address4(entry));
  if (Address6.isValid(host)) return Address6.isValid(entry) && new Address6(host).isInSubnet(new Address6(entry));
  const domain = entry.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}
