import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderError } from './report-error.ts';

const plain = { paintTalk: (_style: string, text: string) => text };

test('what a program said stands below our sentence, as it came', () => {
  const message =
    'could not let web1 send: nft -f - exited with 1: /dev/stdin:97:26: Error: no\n  meta l4proto { a }\n     ^\n';
  assert.equal(
    renderError({ code: 'COMMAND_FAILED', message, hint: 'lodge doctor' }, plain),
    [
      'lodge: could not let web1 send: nft -f - exited with 1:',
      '    /dev/stdin:97:26: Error: no',
      '      meta l4proto { a }',
      '         ^',
      '  hint: lodge doctor',
      '',
    ].join('\n'),
  );
  const died = 'QEMU exited with 1 while starting: qemu: no such device';
  assert.match(
    renderError({ code: 'QEMU_DIED', message: died }, plain),
    /^lodge: QEMU exited with 1 while starting:\n {4}qemu: no/,
  );
  assert.equal(renderError({ code: 'INTERNAL', message: 'x exited with 1' }, plain), 'lodge: x exited with 1\n');
});
