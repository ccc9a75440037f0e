import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { explainFacts } from '../src/engine/network/explain.ts';
import { networkFixture } from './support/network-sample.ts';

const FIXTURES = readdirSync(join(import.meta.dirname, 'fixtures/network'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

/** Any name but one with a slash, a colon or a blank is one to the kernel (dev_valid_name, net/core/dev.c). */
const HOSTILE = '$(>canary)';
const COMMAND = /^(?:ip|bridge|nmcli|sysctl|printf|nft) /;

/** What a shell makes of a command's words: none of it is run. */
const wordsOf = (command: string, cwd: string) =>
  execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { cwd, encoding: 'utf8' });

test('a command that a finding tells to type takes a link whose name is a command for a word', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-fixes-'));
  const told = new Set<string>();
  try {
    for (const fixture of FIXTURES) {
      const facts = networkFixture(fixture);
      for (const { name } of facts.links.filter((link) => /^[a-z]+[\d.]+$/.test(link.name))) {
        const written = new RegExp(`(?<![\\w.-])${name.replace('.', '\\.')}(?![\\w.:-])`, 'g');
        const renamed = JSON.parse(JSON.stringify(facts).replace(written, () => HOSTILE));
        for (const { fix } of explainFacts(renamed, null).findings) {
          const commands = (fix ?? '').split(/; | && /).map((part) => part.split(' >> ')[0] ?? '');
          for (const command of commands) if (COMMAND.test(command) && command.includes(HOSTILE)) told.add(command);
        }
      }
    }
    for (const command of told) assert.ok(wordsOf(command, directory).includes(HOSTILE), command);
    assert.deepEqual(readdirSync(directory), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
  assert.ok(told.size >= 4, `too little was looked at: ${[...told].join('\n')}`);
});
