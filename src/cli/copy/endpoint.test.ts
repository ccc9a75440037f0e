import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastName, parseCopy } from './endpoint.ts';

test('which side is in a guest is seen by the words alone', () => {
  const local = (path: string) => ({ kind: 'local', path });
  const guest = (path: string) => ({ kind: 'guest', guest: 'web1', path });
  assert.deepEqual(parseCopy(['a', './b:c', '/d:e', 'web1:/x']), {
    direction: 'push',
    from: [local('a'), local('./b:c'), local('/d:e')],
    to: guest('/x'),
  });
  assert.deepEqual(parseCopy(['web1:x:y z\n', 'web1:', '.']), {
    direction: 'pull',
    from: [guest('x:y z\n'), guest('.')],
    to: local('.'),
  });
  assert.deepEqual(parseCopy(['-', 'web1:/x']).from, [{ kind: 'stream' }]);
  assert.deepEqual(parseCopy(['C:/x', 'web1:/x']).from, [local('C:/x')]);
});

test('what is no copy between here and a guest is refused with the rule', () => {
  const wrong: [string[], RegExp][] = [
    [['a'], /needs what to copy/],
    [['a', 'b'], /one side must be in a guest/],
    [['web1:/a', 'web2:/b'], /not between guests/],
    [['web1:/a', 'b', 'c'], /all be here, or all in guests/],
    [['-', 'a', 'web1:/b'], /comes alone/],
    [['web1:/a', 'web1:/b', '-'], /one file alone/],
  ];
  for (const [words, rule] of wrong) assert.throws(() => parseCopy(words), { code: 'USAGE', message: rule });
});

test('a path’s last name is what it is called in a directory', () => {
  const names = { '/etc/hosts': 'hosts', 'a/b//': 'b', '/': null, '.': null, 'a/..': null, 'x\n': 'x\n' };
  for (const [path, name] of Object.entries(names)) assert.equal(lastName(path), name, path);
});
