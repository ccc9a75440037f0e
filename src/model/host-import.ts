import type { HostConfig } from './host-config.ts';
import type { Finding } from './network-finding.ts';
import type { NetworkIntent } from './network-intent.ts';

/** Body of `POST /v1/network/import`. */
export interface ImportHost {
  /** Default: read and tell only. */
  write?: boolean | undefined;
  /** Puts what was found in the place of a host.yaml that says something else; what the owner added stays. */
  replace?: boolean | undefined;
}

/** Why a value of host.yaml is what it is: `{path: 'ipv6.mode', reason: 'the gateway is fe80::1 …'}`. */
export interface ImportReason {
  path: string;
  reason: string;
}

/** `lodge net import`. */
export interface HostImport {
  /** Of host.yaml. */
  path: string;
  config: HostConfig;
  /** What host.yaml says now, or would say. */
  text: string;
  reasons: ImportReason[];
  findings: Finding[];
  /** Lines of the system's files that are neither understood nor known to be harmless. */
  notUnderstood: NetworkIntent['notUnderstood'];
  written: boolean;
  /** `new`: there was none. `same`: it says all of this already. `changed`: `difference` tells what is another. */
  state: 'new' | 'same' | 'changed';
  /** Lines of the host.yaml that is there against `text`: `-` and `+` before them. */
  difference: string[];
}
