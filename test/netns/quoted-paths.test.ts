import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { aptValue } from '../../src/base/quoting/apt-value.ts';
import { sshForwardPath } from '../../src/base/quoting/ssh-path.ts';
import { sshArguments } from '../../src/cli/commands/ssh.ts';
import { readFetchSettings } from '../../src/host/apt-settings.ts';
import { exec } from '../../src/host/exec.ts';
import { rootRefusal } from '../../src/model/layout.ts';
import { renderDnsmasqConfig } from '../../src/render/dnsmasq-config.ts';
import { guestDetail } from '../support/fake-answers.ts';
import { GOLDEN_NETWORK } from '../support/nat-golden.ts';
import { Namespaces } from '../support/netns.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { EVERY_SIGN, hostileWord, ODD_DIRECTORY, shortened } from '../support/recorded-calls.ts';

// Programs are told of files below LODGE_ROOT in files and options of their own. Each opens the file that was meant, or the name of the
// root is refused before anything of it is made.

const RUNS = propertyRuns(12);
const namespaces = new Namespaces('lqp');
let place: string;

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'lodge-paths-'));
  await namespaces.add('host');
});
after(async () => {
  await namespaces.close();
  await rm(place, { recursive: true });
});

/** A directory that may be a root, by its name. */
const rootName = hostileWord
  .map((word) => shortened(word.replaceAll('/', ''), 60))
  .filter((name) => !/^\.*$/.test(name) && rootRefusal(`/x/${name}`) === null);
const plain = EVERY_SIGN.replace(/[/"\p{Cc}]|\$\{/gu, '');

async function inRoot(name: string, work: (root: string) => Promise<void>): Promise<void> {
  const root = join(place, `r${name}`);
  await mkdir(root, { recursive: true });
  try {
    await work(root);
    assert.deepEqual(
      (await readdir(process.cwd())).filter((file) => file === 'canary'),
      [],
    );
  } finally {
    await rm(root, { recursive: true });
  }
}

test('what a root may not be called is refused with the reason', () => {
  assert.match(rootRefusal('/srv/a\nb') ?? '', /line end/);
  assert.match(rootRefusal(`/srv/$\{HOME}`) ?? '', /ssh takes for a variable/);
  assert.match(rootRefusal('/srv/\ufffd') ?? '', /UTF-8/);
  assert.match(rootRefusal('/srv/"a"') ?? '', /double quote/);
  for (const fine of ['', '/srv/a b', `/srv/${ODD_DIRECTORY}`, `/srv/${plain}`]) assert.equal(rootRefusal(fine), null);
});

test('dnsmasq reads the files that were meant', async () => {
  await fc.assert(
    fc.asyncProperty(rootName, (name) =>
      inRoot(name, async (root) => {
        const files = { hosts: `${root}/hosts`, dhcpHosts: `${root}/dhcp-hosts`, leases: `${root}/leases` };
        await writeFile(files.hosts, '10.83.0.2 web1 web1.lodge\n');
        await writeFile(files.dhcpHosts, '52:54:00:12:34:56,10.83.0.2,web1\n');
        await writeFile(`${root}/resolv.conf`, 'nameserver 192.0.2.53\n');
        const upstream = { file: `${root}/resolv.conf`, servers: ['192.0.2.53'] };
        const choices = { user: 'root', ports: { dns: 334, dhcp: 325 }, ipv6: 'none', upstream } as const;
        const config = renderDnsmasqConfig(GOLDEN_NETWORK, files, choices).replace('quiet-dhcp\n', '');
        await writeFile(`${root}/dnsmasq.conf`, config);
        const dnsmasq = namespaces.start('host', 'dnsmasq', [
          `--conf-file=${root}/dnsmasq.conf`,
          `--pid-file=${root}/pid`,
          ...['--keep-in-foreground', '--log-facility=-'],
        ]);
        let said = '';
        const ended = once(dnsmasq, 'exit');
        const reads = [`read ${files.hosts} - `, `read ${files.dhcpHosts}\n`, `reading ${upstream.file}\n`];
        for await (const bytes of dnsmasq.stderr ?? []) {
          said += bytes;
          if (reads.every((line) => said.includes(line)) || /failed to|cannot|bad /.test(said)) break;
        }
        dnsmasq.kill('SIGKILL');
        await ended;
        for (const line of reads) assert.ok(said.includes(line), `${line} is not in what dnsmasq said:\n${said}`);
        assert.ok((await readdir(root)).includes('leases'));
      }),
    ),
    { ...RUNS, examples: [[plain], [ODD_DIRECTORY], [' a# b, '], ['\\t\\']] },
  );
});

/** What ssh says of the options: as it has understood them, and of the key when it has looked for it. */
async function askSsh(words: string[]): Promise<{ config: string; talk: string }> {
  const { stdout: config } = await exec('ssh', ['-F', 'none', '-G', ...words]);
  const child = spawn('ssh', ['-F', 'none', '-v', '-o', 'ProxyCommand=cat /dev/null', ...words], { stdio: 'pipe' });
  let talk = '';
  for await (const bytes of child.stderr) talk += bytes;
  return { config, talk };
}

test('ssh reads the key and the host keys that were meant', async () => {
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, 'id')]);
  await fc.assert(
    fc.asyncProperty(rootName, (name) =>
      inRoot(name, async (root) => {
        const [identityFile, knownHostsFile] = [`${root}/id`, `${root}/known_hosts`];
        await writeFile(identityFile, await readFile(join(place, 'id')), { mode: 0o600 });
        await writeFile(knownHostsFile, '');
        const { ssh } = guestDetail('web1');
        const guest = guestDetail('web1', { ssh: { ...ssh, identityFile, knownHostsFile } });
        const { config, talk } = await askSsh(sshArguments(guest, { identity: true, knownHosts: true }));
        assert.ok(config.split('\n').includes(`userknownhostsfile ${knownHostsFile}`), config);
        // 3: an ed25519 key, so it has been read; -1 is one that is not there. What is printed has its odd signs written out.
        const [, type] = /identity file .* type (-?\d+)/.exec(talk) ?? [];
        assert.equal(type, '3', talk);
      }),
    ),
    { ...RUNS, examples: [[plain], [ODD_DIRECTORY], ['%d%n'], [' \\ ']] },
  );
});

test('ssh leads a port to the socket that was meant', async () => {
  await fc.assert(
    fc.asyncProperty(rootName, async (name) => {
      const socket = `/srv/r${name}x/vnc.sock`;
      const { stdout } = await exec('ssh', ['-F', 'none', '-G', '-L', `5901:${sshForwardPath(socket)}`, 'host']);
      assert.ok(stdout.split('\n').includes(`localforward 5901 ${socket}`), stdout);
    }),
    { ...RUNS, examples: [[plain], [ODD_DIRECTORY], ['a:b\\:c%d']] },
  );
});

test('apt reads the values that were meant, ours and those of the host', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(hostileWord, fc.string()), async (text) => {
      // A zero ends it, and apt-config prints a line for each.
      const value = text.replace(/[\0\n]/g, '').toWellFormed();
      const conf = join(place, 'apt.conf');
      await writeFile(conf, `Acquire::Lodge::Test ${aptValue(value)};\nAcquire::Lodge::Beside "is there";\n`);
      const read = async () =>
        (await exec('apt-config', ['-c', conf, 'dump', '--format', '%f\t%v%n', 'Acquire::Lodge'])).stdout;
      const wanted = `Acquire::Lodge\t\nAcquire::Lodge::Test\t${value}\nAcquire::Lodge::Beside\tis there\n`;
      assert.equal(await read(), wanted);
      // And once more, by what Lodge reads of the host's own.
      process.env.APT_CONFIG = conf;
      try {
        const settings = await readFetchSettings();
        delete process.env.APT_CONFIG;
        await writeFile(conf, settings);
        assert.equal(await read(), value === '' ? wanted.replace(/^.*Test.*\n/m, '') : wanted);
      } finally {
        delete process.env.APT_CONFIG;
      }
    }),
    { ...RUNS, examples: [[plain], ['say "x" twice'], ['http://u:p%22"w@h/'], [' a  b\t'], ['//x/*y*/#z'], ['']] },
  );
});
