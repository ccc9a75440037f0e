import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { findDnsmasq, listDnsmasqs, startDnsmasq, stopDnsmasq } from '../../src/host/dnsmasq.ts';
import { exec } from '../../src/host/exec.ts';
import { startAsUser } from '../support/unprivileged-user.ts';

const WAIT = '$| = 1; print "up\\n"; <STDIN>';

let dir = '';
let config = '';

before(async () => {
  dir = await mkdtemp('/tmp/lodge-claims-');
  await chmod(dir, 0o755);
  config = `${dir}/nat/dnsmasq.conf`;
  await exec('mkdir', ['-m', '755', `${dir}/nat`]);
});
after(() => rm(dir, { recursive: true, force: true }));

/** A process of any user of the host with these words; `under` is the file that it executes, by which it is called. */
async function claim(words: string[], under = 'perl') {
  const child = startAsUser([under, '-e', WAIT, '--', ...words], false);
  await once(child.stdout, 'data');
  return child;
}

test("any user's process with the words of the name service is taken for it", async () => {
  const liar = await claim([`--conf-file=${config}`]);
  // A copy of another program under its name.
  await copyFile((await exec('sh', ['-c', 'command -v perl'])).stdout.trim(), `${dir}/dnsmasq`);
  await chmod(`${dir}/dnsmasq`, 0o755);
  const namesake = await claim([`--conf-file=${config}`], `${dir}/dnsmasq`);
  try {
    assert.equal(await findDnsmasq(config, `${dir}/none.pid`), null);
    // Its number in the pid file, which is what is left when a process ends and its number is given anew.
    for (const { pid } of [liar, namesake]) {
      await writeFile(`${dir}/stale.pid`, `${pid}\n`);
      assert.equal(await findDnsmasq(config, `${dir}/stale.pid`), null);
      await stopDnsmasq(config);
      assert.equal(process.kill(pid ?? 0, 0), true, 'it is not ended');
    }
    assert.deepEqual(await listDnsmasqs(`${dir}/nat/dnsmasq.conf`), []);
  } finally {
    liar.stdin.end();
    namesake.stdin.end();
  }
});

test('the name service itself is found beside them, by its pid file and without it', async () => {
  await writeFile(config, 'port=0\nno-resolv\nno-hosts\n');
  const liar = await claim([`--conf-file=${config}`]);
  await startDnsmasq(config, `${dir}/real.pid`);
  try {
    const pid = await findDnsmasq(config, `${dir}/real.pid`);
    assert.ok(pid !== null && pid !== liar.pid);
    assert.equal(await findDnsmasq(config, `${dir}/none.pid`), pid);
    await stopDnsmasq(config);
    assert.equal(await findDnsmasq(config, `${dir}/real.pid`), null);
  } finally {
    liar.stdin.end();
  }
});
