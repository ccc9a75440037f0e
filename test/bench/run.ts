/**
 * Measures Lodge against its peers and prints the table. Run whole, it writes docs/reference/benchmarks.md.
 *
 *     sh test/bench.sh              everything, 20 minutes
 *     sh test/bench.sh many start   those only; the page stays as it is
 */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { benchAntispoof } from './antispoof.ts';
import { benchBoot } from './boot.ts';
import { benchCreate } from './create.ts';
import { benchManyGuests } from './many-guests.ts';
import type { Row } from './measure.ts';
import { renderPage, renderTable } from './report.ts';
import { benchStart } from './start.ts';

/** The launcher of this checkout, as README's reader runs it. */
const LODGE = join(import.meta.dirname, '../../lodge');
const PAGE = join(import.meta.dirname, '../../docs/reference/benchmarks.md');

const BENCHMARKS: Record<string, (lodge: string) => Promise<Row[]>> = {
  many: benchManyGuests,
  start: benchStart,
  antispoof: benchAntispoof,
  create: benchCreate,
  boot: benchBoot,
};

async function main(wanted: string[]): Promise<void> {
  const unknown = wanted.find((name) => BENCHMARKS[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}: ${Object.keys(BENCHMARKS).join(' ')}`);
  const [loadBefore = 0] = loadavg();
  const rows: Row[] = [];
  for (const [name, bench] of Object.entries(BENCHMARKS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.error(`bench: ${name}`);
    const measured = await bench(LODGE).catch((error: unknown) => [notMeasured(name, error)]);
    for (const { what, ours, peer } of measured) console.error(`bench: ${what}: ${ours}, ${peer}`);
    rows.push(...measured);
  }
  console.log(renderTable(rows));
  if (wanted.length > 0) return;
  await writeFile(PAGE, await renderPage(rows, loadBefore));
  console.log(`\nwritten to ${PAGE}`);
}

/** One that breaks does not take the others with it, and is not left out of the table either. */
function notMeasured(name: string, error: unknown): Row {
  console.error(error);
  process.exitCode = 1;
  return { what: name, ours: 'not measured', peer: '–', ratio: null, budget: '–', met: false };
}

await main(process.argv.slice(2));
