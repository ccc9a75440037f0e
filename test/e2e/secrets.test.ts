import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { connectSocket, createApiClient } from '../../src/api/client.ts';
import { routes } from '../../src/api/routes.ts';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

const SECRET = 'hunter2-is-nobodys-business';
const USER_DATA = `#cloud-config\npassword: ${SECRET}\n`;

let lodge: LodgeInstance;
let userData = '';

before(async () => {
  lodge = await LodgeInstance.open('lgse');
  const disk = `${lodge.root}/tiny.qcow2`;
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
  await exec('mkdir', ['-p', lodge.layout.stateDir]);
  await lodge.addImage('seeded', disk, 'nocloud');
  await lodge.addImage('credited', disk, 'credentials');
  userData = `${lodge.root}/user-data`;
  await writeFile(userData, USER_DATA);
});
after(() => lodge.close());

/** Every file under the root with the secret in it, but the one it came from. */
async function filesWithSecret(): Promise<string[]> {
  const { stdout } = await exec('grep', ['-rlaF', SECRET, lodge.root], { okExitCodes: [0, 1] });
  return stdout.split('\n').filter((file) => file !== '' && file !== userData);
}

test('no refusal and no log says a word of the user-data', async () => {
  const api = createApiClient(() => connectSocket(lodge.layout.daemonSocket));
  const bodies: object[] = [
    { name: 'x', image: 'credited', userData: USER_DATA },
    { name: 'x', image: 'seeded', userData: USER_DATA.replace('#cloud-config', '# nothing') },
    { name: 'x', image: 'seeded', userData: `#cloud-config\npassword: [${SECRET}` },
    { name: 'x', image: 'seeded', userData: `#cloud-config\npassword: !x ${SECRET}` },
    { name: 'x', image: 'seeded', userData: { password: SECRET } },
    { name: 'x', image: 'seeded', user_data: USER_DATA },
    { name: 'x', image: 'seeded', userDataBase64: [SECRET] },
    [SECRET],
  ];
  assert.equal((await lodge.run(['daemon', 'start'])).exitCode, 0);
  for (const body of bodies) {
    const said = await api.request('POST', routes.guests, body).then(
      () => '',
      (error: unknown) => JSON.stringify([error, (error as Error).message]),
    );
    assert.doesNotMatch(said, /hunter2/, JSON.stringify(body));
  }
  const cli = await lodge.run(['create', 'x', '--image', 'credited', '--user-data', userData]);
  assert.equal(cli.exitCode, 4);
  assert.match(cli.stderr, /--user-data: is only read by images with cloud-init/);
  assert.doesNotMatch(`${cli.stdout}${cli.stderr}`, /hunter2/);
  assert.deepEqual(await filesWithSecret(), []);
});

test('after rm nothing under the root has it, whatever state the guest was in', async () => {
  const create = ['--image', 'seeded', '--disk', '1MiB', '--memory', '64MiB', '--user-data', userData];
  for (const [name, ...more] of [['running1', '--no-wait'], ['undone1'], ['stopped1', '--no-wait']] as string[][]) {
    const made = await lodge.run([
      'create',
      String(name),
      ...create,
      ...more,
      ...(more.length === 0 ? ['--detach'] : []),
    ]);
    assert.equal(made.exitCode, 0, made.stderr);
  }
  assert.equal((await lodge.run(['stop', 'stopped1', '--timeout', '0s'])).exitCode, 0);
  assert.ok((await filesWithSecret()).some((file) => file.endsWith('seed.iso')));
  assert.doesNotMatch((await lodge.run(['command', 'running1'])).stdout, /hunter2/);
  assert.equal((await lodge.run(['rm', 'running1', 'undone1', 'stopped1', '--yes'])).exitCode, 0);
  assert.deepEqual(await filesWithSecret(), []);
  // The daemon looks after its rules in the background: a passing nft is nobody's leftover.
  await eventually('nothing is left', async () => (await lodge.leftovers()).length === 0);
});
