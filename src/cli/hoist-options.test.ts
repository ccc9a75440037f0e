import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoistOptions } from './hoist-options.ts';
import { findSpec } from './plain-line.ts';
import { COMMANDS } from './table.ts';

function hoisted(line: string): string {
  const words = line.split(' ');
  return hoistOptions(findSpec(COMMANDS, words), words).join(' ');
}

test('options of ours may stand on either side of the guest’s name, and nothing of the guest’s command is one', () => {
  const cases: [string, string][] = [
    ['exec web1 -- ls -l', 'exec web1 -- ls -l'],
    ['exec web1 ls -l --user x', 'exec web1 ls -l --user x'],
    ['exec web1 --user bob -- ls --cwd /', 'exec --user bob web1 -- ls --cwd /'],
    ['exec --user bob web1 --cwd / id', 'exec --user bob --cwd / web1 id'],
    ['exec web1 --env=A=b --env C=d -- env', 'exec --env=A=b --env C=d web1 -- env'],
    ['exec -it web1 bash', 'exec -i -t web1 bash'],
    ['exec web1 -l', 'exec -l web1'],
    ['ssh web1 -v', 'ssh web1 -v'],
    ['ls --json', 'ls --json'],
  ];
  for (const [typed, wanted] of cases) assert.equal(hoisted(typed), wanted);
});
