import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cloudImageSources, type Release } from '../support/fresh-debian.ts';
import { FreshHost, type FreshOptions } from '../support/fresh-host.ts';

// README's first command, in Debians that have nothing but what the provider delivers.
const RELEASES = { 'debian-12': 'bookworm', 'debian-13': 'trixie' } as const satisfies Record<string, Release>;

const opened: FreshHost[] = [];
after(async () => {
  for (const host of opened) await host.close();
});

async function openHost(release: Release, label: string, more: Partial<FreshOptions> = {}): Promise<FreshHost> {
  const files = await cloudImageSources(release);
  const host = await FreshHost.open({ release, label, files, umask: '027', network: 'slirp', ...more });
  opened.push(host);
  return host;
}

async function succeed(host: FreshHost, line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(line);
  assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
  return stdout;
}

async function goThroughTheFirstHour(host: FreshHost): Promise<void> {
  await succeed(host, './lodge create web1');
  assert.equal(await succeed(host, './lodge ssh web1 -- hostname'), 'web1\n');
  await succeed(host, './lodge doctor --json');
  await succeed(host, './lodge rm web1 --yes');
  await succeed(host, './lodge daemon stop');
  await host.expectNothingLeft();
}

for (const [name, release] of Object.entries(RELEASES)) {
  test(`${name}, as a cloud image has its sources, umask 027, no ~/.ssh: from create to nothing left`, async () => {
    const host = await openHost(release, name.replace('ebian-', ''));
    await goThroughTheFirstHour(host);
    if (release !== 'bookworm') return host.close();

    // The same host with its state on a mount that lets nobody make devices or run programs there.
    const place = '/var/lib/lodge';
    await succeed(host, `mount --bind ${place} ${place} && mount -o remount,bind,nodev,noexec ${place}`);
    const { exitCode, stderr } = await host.run('./lodge create web2 --image debian-13');
    assert.equal(exitCode, 4, stderr);
    assert.match(
      stderr,
      /^lodge: guest web2 is not valid\n {2}--image: building debian-13 makes devices and runs programs/,
    );
    assert.match(
      stderr,
      /mounted (nodev,noexec|noexec,nodev) on \/var\/lib\/lodge: mount -o remount,(exec,dev|dev,exec) /,
    );
    const doctor = JSON.parse((await host.run('./lodge doctor --json')).stdout) as {
      checks: { id: string; status: string }[];
    };
    assert.equal(doctor.checks.find(({ id }) => id === 'state-mount')?.status, 'fail');
    await succeed(host, './lodge daemon stop');
    await host.close();
  });
}

test('behind a proxy with a login that only the environment names, without DNS: from create to nothing left', async () => {
  const host = await openHost('bookworm', 'd12p', { network: 'proxy' });
  await goThroughTheFirstHour(host);
  await host.close();
});
