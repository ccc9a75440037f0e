import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileRuleOf } from '../model/file-modes.ts';
import { isNetworkdUnmanaged, renderNetworkdUnmanaged } from './networkd-unmanaged.ts';

const OURS = { tableName: 'lodge' };
const OTHER = { tableName: 'lodge_12ab34' };

test('the file is for the links of one instance, and of no other one', () => {
  const [ours, other] = [renderNetworkdUnmanaged(OURS), renderNetworkdUnmanaged(OTHER)];
  assert.match(ours.text, /^\[Match\]\nName=lg8b07\* lx8b07\*\n\n\[Link\]\nUnmanaged=yes\n$/m);
  assert.notEqual(ours.path, other.path);
  assert.doesNotMatch(other.text, /8b07/);
  assert.equal(fileRuleOf(ours.path.slice(1))?.mode, 0o644);
});

test('it comes before what anybody calls his files, and is known again', () => {
  const { path } = renderNetworkdUnmanaged(OURS);
  const names = ['00-all.network', '-all.network', '0.network', 'A.network', path.split('/').at(-1) ?? ''];
  assert.equal(names.sort()[0], '+lodge-lg8b07.network');
  assert.ok(isNetworkdUnmanaged(path));
  assert.equal(isNetworkdUnmanaged('/etc/systemd/network/+lodge-lg8b07.network'), false);
  assert.equal(isNetworkdUnmanaged('/run/systemd/network/10-netplan-eth0.network'), false);
});
