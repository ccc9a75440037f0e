import { buildTwin, closeTwin } from '../../src/twin/build.ts';
import { TWIN_HOST, twinFacts } from './twin-host.ts';

/** A process with a twin, to be killed: `hold` waits for ever, `close` takes it down in order. */
const twin = await buildTwin({
  host: TWIN_HOST,
  facts: twinFacts(),
  modes: { arp: 'asks', ipv6: 'routed' },
  label: process.argv[3] ?? 'owner',
});
console.log(JSON.stringify({ reaper: twin.spaces.reaperPid }));
if (process.argv[2] === 'close') await closeTwin(twin);
else setInterval(() => undefined, 60_000);
