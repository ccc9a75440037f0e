import type { Proof, ProofCheck, ProviderModes } from '../model/network-plan.ts';

/** What the twin said, in words: each supposition about the provider with its checks, then what was supposed and what stays open. */
export function renderProofText(proof: Proof): string {
  const lines = proof.runs.flatMap(({ modes, checks }) => [modesLine(modes), ...checks.flatMap(checkLines), '']);
  const red = proof.runs.flatMap(({ checks }) => checks).filter(({ isGreen }) => !isGreen).length;
  const verdict = proof.isGreen ? 'green: every check passed' : `red: ${red} ${red === 1 ? 'check' : 'checks'} failed`;
  return [
    ...lines,
    ...list('supposed', proof.assumptions),
    ...list('what no twin can show', proof.limits),
    `plan ${proof.plan} is ${verdict}, in ${seconds(proof.durationMs)}${partsText(proof)}`,
    '',
  ].join('\n');
}

/** `: 21.4 s a provider that asks by ARP …, 6.0 s the boot` */
function partsText({ parts = [] }: Proof): string {
  const words = parts.map(({ what, durationMs }) => `${seconds(durationMs)} ${what}`);
  return words.length === 0 ? '' : `: ${words.join('; ')}`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function modesLine({ arp, ipv6 }: ProviderModes): string {
  const asks = arp === 'asks' ? 'asks by ARP for single addresses' : 'has single addresses bound to the MAC';
  const prefix = ipv6 === 'none' ? 'gives no IPv6' : `gives the IPv6 prefix ${ipv6}`;
  return `a provider that ${asks} and ${prefix}:`;
}

function checkLines({ id, isGreen, summary, cause }: ProofCheck): string[] {
  const line = `  ${isGreen ? 'ok  ' : 'RED '} ${id.padEnd(20)} ${summary}`;
  return cause === null ? [line] : [line, `       because ${cause}`];
}

function list(heading: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : [`${heading}:`, ...entries.map((entry) => `  - ${entry}`), ''];
}
