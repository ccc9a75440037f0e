import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { snapshot } from '../support/nat-snapshot.ts';
import {
  type Instance,
  makeDirectory,
  makeHostAndInternet,
  newGuest,
  newNetwork,
  removeDirectory,
  startInstance,
} from '../support/nat-twin.ts';
import { eventually, Namespaces } from '../support/netns.ts';

const spaces = new Namespaces('nk');
let directory = '';

before(async () => {
  directory = await makeDirectory();
  await makeHostAndInternet(spaces);
});

after(async () => {
  await spaces.close();
  await removeDirectory(directory);
});

test('killed after any of its programs, the next daemon finishes the work, and takes all of it away', {
  timeout: 240_000,
}, async () => {
  const network = newNetwork('');
  const guest = newGuest(network, 1);
  const found = await snapshot(spaces, 'host');
  let crashes = 0;
  for (let step = 1; ; step += 1) {
    const doomed = startInstance(spaces, directory, network, {}, { programs: await crashingPath(step) });
    const survived = await bringUpAndDown(doomed, guest).then(
      () => true,
      () => false,
    );
    doomed.kill();
    const next = startInstance(spaces, directory, network);
    await next.call('createTap', guest.nic);
    await next.call('apply', [guest]);
    const seen = await next.call('observe');
    assert.deepEqual({ taps: seen.taps, table: seen.isTableLoaded }, { taps: [guest.nic.tap], table: true });
    assert.notEqual(seen.dnsmasqPid, null);
    await next.call('apply', []);
    await next.call('sweep', []);
    assert.deepEqual(await snapshot(spaces, 'host'), found, `after a crash at program ${step}`);
    next.kill();
    await eventually('no process is left', async () => (await spaces.pids('host')).length === 0);
    if (survived) break;
    crashes += 1;
  }
  assert.ok(crashes >= 10, `only ${crashes} crashes`);
});

async function bringUpAndDown(link: Instance, guest: ReturnType<typeof newGuest>): Promise<void> {
  await link.call('createTap', guest.nic);
  await link.call('apply', [guest]);
  await link.call('apply', []);
  await link.call('removeTap', guest.nic);
}

/** A PATH whose `ip`, `nft` and `dnsmasq` do their work and kill the daemon after the n-th of them. */
async function crashingPath(step: number): Promise<string> {
  const path = `${directory}/crash-${step}`;
  await mkdir(path);
  for (const program of ['ip', 'nft', 'dnsmasq']) {
    // mkdir takes a number for each of them, also when two run at once.
    const script = `#!/bin/sh
/usr/sbin/${program} "$@"
code=$?
n=1
while ! mkdir ${path}/$n 2>/dev/null; do n=$((n + 1)); done
[ $n -eq ${step} ] && kill -9 $PPID
exit $code
`;
    await writeFile(`${path}/${program}`, script);
    await chmod(`${path}/${program}`, 0o755);
  }
  return path;
}
