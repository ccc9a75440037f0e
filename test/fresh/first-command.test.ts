import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { plainSources, type Release } from '../support/fresh-debian.ts';
import { FreshHost } from '../support/fresh-host.ts';

// README's first command, in Debians that have nothing but what the provider delivers.
const RELEASES = { 'debian-12': 'bookworm', 'debian-13': 'trixie' } as const satisfies Record<string, Release>;

let host: FreshHost | null = null;
after(() => host?.close());

for (const [name, release] of Object.entries(RELEASES)) {
  test(`${name}, as a cloud image has its sources, umask 027, no ~/.ssh: from create to nothing left`, async (t) => {
    const label = name.replace('ebian-', '');
    host = await FreshHost.open({ release, label, files: await plainSources(release), umask: '027', network: 'slirp' });
    t.after(() => host?.close());

    const made = await host.run('./lodge create web1');
    assert.equal(made.exitCode, 0, made.stderr);
    const said = await host.run('./lodge ssh web1 -- hostname');
    assert.deepEqual([said.exitCode, said.stdout], [0, 'web1\n'], said.stderr);
    const doctor = await host.run('./lodge doctor --json');
    assert.equal(doctor.exitCode, 0, doctor.stdout);
    const removed = await host.run('./lodge rm web1 --yes');
    assert.equal(removed.exitCode, 0, removed.stderr);
    const stopped = await host.run('./lodge daemon stop');
    assert.equal(stopped.exitCode, 0, stopped.stderr);
    await host.expectNothingLeft();
  });
}
