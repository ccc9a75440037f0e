import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLineSplitter, decodeMessage, encodeCommand, isUnheard } from './qmp-wire.ts';

test('lines come out whole, however the bytes came in', () => {
  const bytes = Buffer.from('{"a":"läuft"}\r\n{"b":2}\n\n{"c"');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { push } = createLineSplitter();
    const lines = [...push(bytes.subarray(0, cut)), ...push(bytes.subarray(cut)), ...push(Buffer.from(':3}\n'))];
    assert.deepEqual(lines, ['{"a":"läuft"}', '{"b":2}', '{"c":3}'], `cut at ${cut}`);
  }
});

test('a line without end is given up', () => {
  const { push } = createLineSplitter(100);
  push(Buffer.alloc(100, 'x'));
  assert.throws(() => push(Buffer.from('x')), { code: 'QMP_FAILED', message: /a line without end/ });
});

test('each kind of message is told from the others', () => {
  assert.deepEqual(decodeMessage('{"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7}},"capabilities":[]}}'), {
    kind: 'greeting',
    version: '7.2.22',
  });
  assert.deepEqual(decodeMessage('{"event":"STOP","timestamp":{"seconds":2,"microseconds":5000}}'), {
    kind: 'event',
    event: { name: 'STOP', data: {}, atMs: 2005 },
  });
  assert.deepEqual(decodeMessage('{"return":null,"id":"x"}'), { kind: 'reply', id: 'x', value: null });
  assert.deepEqual(decodeMessage('{"error":{"class":"GenericError","desc":"no"},"id":"x"}'), {
    kind: 'failure',
    id: 'x',
    class: 'GenericError',
    description: 'no',
  });
});

test('what is no message is refused', () => {
  for (const line of ['', '7', 'null', '[]', '{}', '{"retu']) {
    assert.throws(() => decodeMessage(line), { code: 'QMP_FAILED' }, line);
  }
});

test('a command is one line with its id', () => {
  assert.equal(encodeCommand('1', 'stop', undefined), '{"execute":"stop","id":"1"}\n');
  assert.equal(encodeCommand('2', 'x', { a: '\n' }), '{"execute":"x","arguments":{"a":"\\n"},"id":"2"}\n');
});

test('an event that nobody listens to is told by the beginning of its line, whatever else is in it', () => {
  const told = (name: string, data: string) =>
    `{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "${name}", "data": {${data}}}`;
  assert.ok(isUnheard(told('ACPI_DEVICE_OST', '"info": {"slot": "0", "source": 1}')));
  assert.ok(!isUnheard(told('VSERPORT_CHANGE', '"open": true, "id": "agent0"')));
  assert.ok(!isUnheard('{"return": {}, "id": "lodge-1"}'));
  assert.ok(!isUnheard('{"event": "RESET", "timestamp": {"seconds": 1, "microseconds": 2}}'));
});

test('an error of arrays ten thousand deep is one without words', () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  assert.deepEqual(decodeMessage(`{"error": {"class": ${deep}, "desc": ${deep}}, "id": 1}`), {
    kind: 'failure',
    id: 1,
    class: 'GenericError',
    description: '',
  });
});

test('a greeting and an event whose numbers are arrays ten thousand deep are ones without numbers', () => {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  assert.deepEqual(decodeMessage(`{"QMP": {"version": {"qemu": {"major": ${deep}}}}}`), {
    kind: 'greeting',
    version: '0.0.0',
  });
  assert.deepEqual(decodeMessage(`{"event": "STOP", "timestamp": {"seconds": ${deep}, "microseconds": ${deep}}}`), {
    kind: 'event',
    event: { name: 'STOP', data: {}, atMs: 0 },
  });
});
