import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkUserData } from './check-user-data.ts';

test('a file with a mistake and something doubtful tells both, and one that is only doubtful is taken', () => {
  const userData = '#cloud-config\npakages: [vim]\nruncmd: ls\n';
  const { problems } = checkUserData({ userData });
  assert.deepEqual(
    problems.map(({ rule }) => rule.replace(/[:,] .*/, '')),
    ['should have keys that a module of cloud-init reads', 'must have a list in runcmd'],
  );
  const doubtful = checkUserData({ userData: '#cloud-config\npakages: [vim]\n' });
  assert.deepEqual(doubtful.problems, []);
  assert.match(doubtful.warnings.join(), /^user-data should .* not pakages: perhaps packages is meant/);
});
