import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createInput } from './input.ts';
import { optionProblem } from './option-problem.ts';
import { COMMANDS } from './table.ts';

const CREATE = COMMANDS.find(({ path }) => path[0] === 'create');
const SET = COMMANDS.find(({ path }) => path[0] === 'set');

describe('a problem with a field of the API in the words that were typed', () => {
  const cases = [
    ['a size', CREATE, { memory: '12MiB' }, ['memoryMiB', 12], ['--memory', '12MiB']],
    ['a field of a field', CREATE, { disk: '1k' }, ['disk.sizeBytes', 1024], ['--disk', '1k']],
    ['one of the same object', CREATE, { diskFormat: 'raww' }, ['disk.format', 'raww'], ['--disk-format', 'raww']],
    ['the same option of another command', SET, { disk: '1k' }, ['diskSizeBytes', 1024], ['--disk', '1k']],
    ['a part of what was typed', CREATE, { boot: 'order=zq' }, ['boot.order', 'zq'], ['--boot', 'order=zq']],
    ['one of several', CREATE, { publish: ['1:1', '0:2'] }, ['publish[1].hostPort', 0], ['--publish', '0:2']],
    ['a default', CREATE, {}, ['memoryMiB', 1024], ['--memory', 1024]],
    ['an argument', CREATE, {}, ['name', 'Web'], ['<name>', 'Web']],
    ['a field of two options', SET, { passwordStdin: true }, ['password', ''], ['--password-stdin', '']],
    ['a field whose name only begins alike', CREATE, { iso: 'a.iso' }, ['isolation', 1], ['isolation', 1]],
  ] as const;
  for (const [what, spec, values, [path, value], [toldPath, toldValue]] of cases) {
    test(what, () => {
      assert.ok(spec);
      const told = optionProblem({ path, rule: 'must be so', value }, spec, createInput(['web1'], values));
      assert.deepEqual(told, { path: toldPath, rule: 'must be so', value: toldValue });
    });
  }
});
