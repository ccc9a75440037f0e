import { exec } from './exec.ts';

/** A base chain of the host's firewall, as far as it decides about packets that no rule names. */
export interface BaseChain {
  family: string;
  table: string;
  name: string;
  hook: string;
  policy: 'accept' | 'drop';
}

export interface NftTable {
  family: string;
  name: string;
  handle: number;
}

interface JsonChain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: 'accept' | 'drop';
}
interface JsonCounter {
  name: string;
  packets: number;
}
interface NftAnswer {
  nftables: { chain?: JsonChain; counter?: JsonCounter; table?: NftTable }[];
}

export type TableFamily = 'inet' | 'ip' | 'arp';

/** Loads a ruleset: all of it or, when a line is refused, nothing. */
export async function applyRuleset(text: string): Promise<void> {
  await exec('nft', ['-f', '-'], { input: text });
}

/** Every chain of the network namespace; chains that hang on no hook have `hook: null`. */
export async function listChains(): Promise<(Omit<BaseChain, 'hook'> & { hook: string | null })[]> {
  const { stdout } = await exec('nft', ['-j', 'list', 'chains']);
  return (JSON.parse(stdout) as NftAnswer).nftables.flatMap(({ chain }) =>
    chain === undefined
      ? []
      : [
          {
            family: chain.family,
            table: chain.table,
            name: chain.name,
            hook: chain.hook ?? null,
            policy: chain.policy ?? 'accept',
          },
        ],
  );
}

/** Packets of the named counters of a table; null when there is no such table. */
export async function readCounters(family: TableFamily, table: string): Promise<Record<string, number> | null> {
  const { stdout, exitCode } = await exec('nft', ['-j', 'list', 'counters', 'table', family, table], {
    okExitCodes: [0, 1],
  });
  if (exitCode !== 0) return null;
  const counters = (JSON.parse(stdout) as NftAnswer).nftables.flatMap(({ counter }) => counter ?? []);
  return Object.fromEntries(counters.map((counter) => [counter.name, counter.packets]));
}

/** Every table of the namespace. The kernel gives no handle a second time: a table that was made anew has another. */
export async function listTables(): Promise<NftTable[]> {
  const { stdout } = await exec('nft', ['-j', 'list', 'tables']);
  return (JSON.parse(stdout) as NftAnswer).nftables.flatMap(({ table }) => table ?? []);
}

/** A table with its elements in the words of nft; null when there is no such table. */
export async function readTableListing(family: TableFamily, table: string): Promise<string | null> {
  const { stdout, exitCode } = await exec('nft', ['list', 'table', family, table], { okExitCodes: [0, 1] });
  return exitCode === 0 ? stdout : null;
}

/** A table's comment, or null. nft 1.0.6 leaves it out of its JSON: it is read from the text. */
export async function readTableComment(family: TableFamily, table: string): Promise<string | null> {
  const { stdout } = await exec('nft', ['--terse', 'list', 'table', family, table], { okExitCodes: [0, 1] });
  return /^table \w+ \S+ \{\n\s+comment "([^"]*)"/.exec(stdout)?.[1] ?? null;
}
