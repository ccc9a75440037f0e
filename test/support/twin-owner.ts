import { bootIn } from '../../src/twin/boot/boot.ts';
import { buildTwin, closeTwin } from '../../src/twin/build.ts';
import { TWIN_HOST, twinFacts } from './twin-host.ts';

/** A process with a twin, to be killed: `hold` waits for ever, `boot` in a boot that never ends, `close` takes it down in order. */
const twin = await buildTwin({
  host: TWIN_HOST,
  facts: twinFacts(),
  modes: { arp: 'asks', ipv6: 'routed' },
  label: process.argv[3] ?? 'owner',
});
console.log(JSON.stringify({ reaper: twin.spaces.reaperPid }));
if (process.argv[2] === 'close') await closeTwin(twin);
else if (process.argv[2] === 'boot') {
  const text = 'auto lo\niface lo inet loopback\n    up tail -f /dev/null\n';
  const files = [{ path: '/etc/network/interfaces', text, mode: 0o644 }];
  await bootIn(twin.spaces.nameOf('host'), { owner: 'ifupdown', files, leases: {}, hardware: [] });
} else setInterval(() => undefined, 60_000);
