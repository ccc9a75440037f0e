import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LodgeEvent } from '../../src/model/event.ts';
import { cachedImage } from '../support/cached-image.ts';
import { GuestShell } from '../support/guest-shell.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';
import { pictureByViewer } from '../support/vnc-picture.ts';

const BOOT_LIMIT_MS = 600_000;
const WATCHDOG = '/sys/class/watchdog/watchdog0';
const MANAGER = 'org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager';
/** The kernel stops for ever; the shell has said goodbye before. */
const PANIC = '(sleep 1; echo c > /proc/sysrq-trigger) >/dev/null 2>&1 &';

let lodge: LodgeInstance;
let dog1: GuestShell;
before(async () => {
  lodge = await LodgeInstance.open('lgwd');
  await lodge.addImage('debian-12', await cachedImage('debian-12'), 'credentials');
  dog1 = new GuestShell(lodge, 'dog1', BOOT_LIMIT_MS);
});
after(() => lodge.close());

/** Lets the watchdog wait 6 s instead of two minutes, and stops the guest's kernel. */
async function panicSoon(): Promise<void> {
  // systemd feeds it as the image says, as soon as udev has loaded its driver.
  await dog1.until(`cat ${WATCHDOG}/timeout ${WATCHDOG}/state`, /^120\nactive$/);
  await dog1.run(`busctl set-property ${MANAGER} RuntimeWatchdogUSec t 6000000`);
  await dog1.until(`cat ${WATCHDOG}/timeout`, /^6$/);
  await dog1.run(PANIC);
}

/** What `lodge events --json` says, from now on. */
function listen(): { events: () => LodgeEvent[]; end: () => void } {
  const child = lodge.spawn(['events', '--json', '--since', '0']);
  let said = '';
  child.stdout?.on('data', (data) => {
    said += data;
  });
  const events = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LodgeEvent);
  return { events, end: () => child.kill('SIGKILL') };
}

test('a guest whose kernel has stopped is reset by its watchdog, and says so', async () => {
  const made = await lodge.run(['create', 'dog1', '--image', 'debian-12', '--watchdog', 'reset']);
  assert.equal(made.exitCode, 0, made.stderr);
  const { pid } = await lodge.show('dog1');
  const { events, end } = listen();
  try {
    await panicSoon();
    const fired = () => events().find((event) => event.type === 'guest.watchdog');
    const event = await eventually('guest.watchdog', fired, BOOT_LIMIT_MS);
    assert.deepEqual({ guest: event.guest, action: event.action }, { guest: 'dog1', action: 'reset' });
  } finally {
    end();
  }
  // The kernel had a frame buffer; after the reset the firmware and GRUB write text, 720 pixels wide.
  await eventually(
    'the firmware again',
    async () => (await pictureByViewer(lodge, 'dog1')).width === 720,
    BOOT_LIMIT_MS,
  );
  const { phase, pid: pidNow } = await lodge.show('dog1');
  assert.deepEqual({ phase, pid: pidNow }, { phase: 'running', pid }, 'QEMU goes on over a reset');
});

test('restart ends one that does not answer when its time is up, and comes back when SSH answers', async () => {
  const { pid } = await lodge.show('dog1');
  const { exitCode, stderr } = await lodge.run(
    ['restart', 'dog1', '--wait', '--timeout', '5s'],
    {},
    { timeoutMs: BOOT_LIMIT_MS },
  );
  assert.equal(exitCode, 0, stderr);
  assert.equal(await dog1.run('hostname'), 'dog1');
  assert.notEqual((await lodge.show('dog1')).pid, pid);
});

test('rm leaves nothing', async () => {
  assert.equal((await lodge.run(['rm', 'dog1', '--yes'])).exitCode, 0);
  assert.deepEqual(await lodge.leftovers(), []);
});
