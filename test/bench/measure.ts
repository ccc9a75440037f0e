import { spawn } from 'node:child_process';

/** One line of the result. Every figure is a median with its unit; `met` says whether the budget was kept. */
export interface Row {
  what: string;
  ours: string;
  peer: string;
  /** Ours by the peer's; null where there is nothing to compare with. */
  ratio: number | null;
  budget: string;
  met: boolean;
}

export interface Pairs {
  ours: number[];
  peer: number[];
}

/**
 * Measures two ways in turns, so that what else the machine does meets both; the one that is first changes each time.
 * Each function gives one figure.
 */
export async function measurePairs(
  count: number,
  ours: (round: number) => Promise<number>,
  peer: (round: number) => Promise<number>,
): Promise<Pairs> {
  const pairs: Pairs = { ours: [], peer: [] };
  for (let round = 0; round < count; round += 1) {
    const turns = [async () => pairs.ours.push(await ours(round)), async () => pairs.peer.push(await peer(round))];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
  }
  return pairs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** `median (least–most)` with the unit, as the table shows a figure. */
export function figure(values: readonly number[], unit: 'ms' | 's' | 'MB'): string {
  const digits = unit === 's' ? 1 : 0;
  const text = (value: number) => value.toFixed(digits);
  if (values.length === 1) return `${text(median(values))} ${unit}`;
  return `${text(median(values))} ${unit} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** Runs a program to its end. @returns milliseconds from its start, of the whole process. @throws with its words. */
export function timeProcess(program: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.resume();
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    let endMs = 0;
    child.on('exit', () => {
      endMs = performance.now() - begin;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(endMs);
      else reject(new Error(`${program} ${args.join(' ')} exited with ${code}: ${said}`));
    });
  });
}
