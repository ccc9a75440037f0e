import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIB, MIB } from '../../src/base/size.ts';
import { bootQemu } from '../support/boot-qemu.ts';
import { cachedImage } from '../support/cached-image.ts';
import { sampleIdentity } from '../support/identity-sample.ts';
import { assertOwnIpv6, IPV6_LOOK, makeImageWorld, NETWORK_DONE } from '../support/image-world.ts';

const TOOLS = ['hostnamectl', 'timedatectl', 'busctl list', 'loginctl list-sessions', 'systemctl list-units']
  .map((call) => `said=$(${call} 2>&1) && echo ok ${call.split(' ')[0]} || echo "$said"`)
  .join('; ');

test('an image built here boots by BIOS, has the identity it was given, and takes a new one at the next boot', async () => {
  const image = await cachedImage('debian-12');
  await using world = await makeImageWorld();
  const { dir, lodge, second, owner, hostKeys } = world;
  const first = sampleIdentity({ sshKeys: [lodge.publicKey], ...hostKeys });
  {
    await using guest = await bootQemu({ dir, image, firmware: 'bios', identity: first });
    await guest.waitForSsh();
    const run = async (command: string) => (await guest.ssh(lodge.privateKeyPath, command)).stdout.trim();
    assert.equal(await run('hostname'), 'web1');
    assert.equal(await run('cat /etc/machine-id'), '1b671a6440d5491e99b0da01ff1f3341');
    assert.equal(await run('ls /etc/ssh/ssh_host_*_key'), '/etc/ssh/ssh_host_ed25519_key');
    assert.match(await run('getent hosts web1'), /127\.0\.1\.1/);
    assert.match(await run('passwd -S root'), /^root L /);
    const asked = ['-o', 'PubkeyAuthentication=no', '-o', 'PreferredAuthentications=password,keyboard-interactive'];
    const refused = await guest.ssh(lodge.privateKeyPath, 'true', asked);
    assert.match(refused.stderr, /Permission denied \(publickey\)/);

    // Who logs in at once has the bus, and finds what he reaches for.
    assert.equal(await run(TOOLS), 'ok hostnamectl\nok timedatectl\nok busctl\nok loginctl\nok systemctl');
    assert.equal(await run('type sudo curl less vi bash nano ping >/dev/null && echo all'), 'all');
    // apt fetches as its own user, and whoever has an account looks at what there is.
    assert.equal(await run('stat -c %a /var/lib/apt/lists'), '755');
    assert.match(
      await run('setpriv --reuid nobody --regid nogroup --clear-groups apt-cache policy nano'),
      /Candidate: \d/,
    );
    assert.match(await run('cat /run/initramfs/fsck.log'), /^root: clean/m);
    assert.match(await run('bash -lic "_completion_loader systemctl; complete -p systemctl"'), /systemctl/);
    await guest.until(lodge.privateKeyPath, 'systemctl is-system-running', /^running/);
    await guest.until(lodge.privateKeyPath, 'systemctl is-active qemu-guest-agent; true', /^active/);
    assert.equal(await run('journalctl -b -o cat | grep -c "ordering cycle"'), '0');
    await guest.until(lodge.privateKeyPath, 'networkctl status eth0', NETWORK_DONE);
    assert.match(await run('ip -brief address show eth0'), /10\.0\.2\.15\/32.*fec0::15\/128/);
    assertOwnIpv6(await run(IPV6_LOOK));
    assert.match(await run('ip route show default'), /^default via 10\.0\.2\.2 dev eth0 .*onlink/);
    assert.match(await run('ip -6 route show default'), /^default via fe80::2 dev eth0/);
    assert.match(await run('cat /etc/resolv.conf'), /^nameserver 10\.0\.2\.3\nnameserver fec0::3$/);
    await guest.until(lodge.privateKeyPath, 'df -B1G --output=size /', /\b10$/m);
    assert.ok(Number(await run('lsblk -nbo SIZE /dev/vda3')) > 10 * GIB - 20 * MIB);
    // udev, which loads the watchdog's driver, comes after SSH.
    await guest.until(lodge.privateKeyPath, 'wdctl', /i6300ESB/);

    await run(`mkdir -p -m 700 .ssh && echo '${owner.publicKey}' > .ssh/authorized_keys`);
    await run('echo "nameserver 192.0.2.53" > /etc/resolv.conf; sync');
  }
  const changed = sampleIdentity({ hostname: 'web2', sshKeys: [second.publicKey], ...hostKeys }, 16);
  await using guest = await bootQemu({ dir, image, firmware: 'bios', identity: changed });
  await guest.waitForSsh();
  const again = await guest.ssh(second.privateKeyPath, 'hostname; cat /etc/hosts /etc/resolv.conf; ip -br a show eth0');
  assert.match(again.stdout, /^web2\n/);
  assert.match(again.stdout, /127\.0\.1\.1 web2/);
  assert.match(again.stdout, /10\.0\.2\.16\/32/);
  assert.match(again.stdout, /nameserver 192\.0\.2\.53/, "the owner's edit is gone");
  assert.equal((await guest.ssh(owner.privateKeyPath, 'echo in')).stdout, 'in\n', "the owner's key is gone");
  assert.match((await guest.ssh(lodge.privateKeyPath, 'echo in')).stderr, /Permission denied/);
});

test('an image of Debian 12 boots by UEFI', async () => {
  const image = await cachedImage('debian-12');
  await using world = await makeImageWorld();
  const { dir, lodge, hostKeys } = world;
  const identity = sampleIdentity({ sshKeys: [lodge.publicKey], ...hostKeys });
  await using guest = await bootQemu({ dir, image, firmware: 'uefi', identity });
  await guest.waitForSsh();
  const { stdout } = await guest.ssh(lodge.privateKeyPath, 'hostname; cat /sys/firmware/efi/fw_platform_size');
  assert.equal(stdout, 'web1\n64\n');
});
