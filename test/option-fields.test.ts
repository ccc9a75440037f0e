import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionName, optionsOf } from '../src/cli/command.ts';
import { COMMANDS } from '../src/cli/table.ts';
import * as schemas from '../src/daemon/schemas.ts';

test('an option that fills a field of a request names that field, so that the daemon’s no is told by the option', () => {
  const requests: Record<string, { keys: readonly string[]; own: readonly string[] }> = {
    create: { keys: Object.keys(schemas.createGuestSchema.shape), own: ['dry-run', 'detach', 'json'] },
    set: {
      keys: Object.keys(schemas.changeGuestSchema.shape),
      own: ['eject', 'unpublish', 'json', 'password', 'password-stdin', 'user'],
    },
    stop: { keys: Object.keys(schemas.controlSchema.shape), own: ['detach', 'json'] },
    restart: { keys: Object.keys(schemas.controlSchema.shape), own: ['detach', 'json'] },
    'image import': { keys: Object.keys(schemas.importImageSchema.shape), own: ['detach', 'json'] },
    'net apply': { keys: Object.keys(schemas.applyPlanSchema.shape), own: ['json'] },
  };
  for (const [command, { keys, own }] of Object.entries(requests)) {
    const spec = COMMANDS.find(({ path }) => path.join(' ') === command);
    assert.ok(spec, command);
    for (const option of optionsOf(spec)) {
      const name = optionName(option);
      if (own.includes(name)) continue;
      const field = (option.field ?? camel(name)).replace(/\..*/, '');
      assert.ok(keys.includes(field), `${command} --${name}: its request has no field ${field}`);
    }
  }
});

const camel = (name: string) => name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
