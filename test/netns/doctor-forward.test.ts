import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { judgeForwardPolicy } from '../../src/plan/doctor-network.ts';

const observer = join(import.meta.dirname, '../../src/host/forward-chains.ts');

/** A namespace of its own, gone after the test. Returns what runs a program in it. */
function makeNamespace(t: TestContext) {
  const name = `ldoc${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  t.after(() => execFileSync('ip', ['netns', 'delete', name]));
  const run = (program: string, args: string[], input = '') =>
    execFileSync('ip', ['netns', 'exec', name, program, ...args], { input, encoding: 'utf8' });
  const judge = () => {
    const script = `import(${JSON.stringify(observer)}).then(async (m) => console.log(JSON.stringify(await m.observeForwardChains())))`;
    return judgeForwardPolicy(JSON.parse(run(process.execPath, ['--eval', script])));
  };
  return { run, judge };
}

test("Docker's DROP, as iptables makes it, is found, and the fix that the doctor prints mends it", (t) => {
  const { run, judge } = makeNamespace(t);
  assert.equal(judge().status, 'ok', 'a namespace without rules');
  run('sh', ['-c', 'iptables -P FORWARD DROP && iptables -N DOCKER-USER && iptables -I FORWARD -j DOCKER-USER']);
  const found = judge();
  assert.equal(found.status, 'warn');
  assert.match(found.summary, /^Docker drops/);
  run('sh', ['-c', found.fix ?? '']);
  assert.equal(judge().status, 'ok');
});

test("an owner's own nftables firewall is found and mended the same way", (t) => {
  const { run, judge } = makeNamespace(t);
  run(
    'nft',
    ['-f', '-'],
    'table inet filter { chain forward { type filter hook forward priority 0; policy drop; }; }\n',
  );
  const found = judge();
  assert.match(found.summary, /^another firewall drops/);
  run('sh', ['-c', found.fix ?? '']);
  assert.equal(judge().status, 'ok');
  assert.match(run('nft', ['list', 'chain', 'inet', 'filter', 'forward']), /iifname "lg\*" accept/);
});
