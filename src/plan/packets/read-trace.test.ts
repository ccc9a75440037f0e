import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TracedPacket, TraceEvent } from '../../parse/trace-line.ts';
import type { Conversation } from './conversation.ts';
import { TraceReader } from './read-trace.ts';

const CONVERSATION: Conversation = {
  ...{ hop: 'dhcp', family: 'ipv4', link: null, opening: null, leaves: null },
  react: () => null,
  owns: () => true,
  isAnswer: () => false,
};
const PACKET = { iif: 'lg8b0700000001', oif: null } as unknown as TracedPacket;

/** What stopped a packet that the last chain dropped, of that table. */
function stopsOf(table: string): number {
  const reader = new TraceReader({
    conversations: [CONVERSATION],
    chains: [],
    table: 'lodge_packets_8b07',
    isTap: () => true,
    end: 'postrouting_last',
    privateAddresses: [],
    markOf: () => null,
  });
  const place = { id: '1', family: 'inet', table, chain: 'asked_by_guest' };
  const verdict = { ...place, kind: 'rule', rule: 'counter drop', handle: 4, verdict: 'drop' };
  for (const event of [{ ...place, kind: 'packet', packet: PACKET }, verdict]) reader.read(event as TraceEvent);
  return reader.followed(CONVERSATION).stops.length;
}

test('a guest’s share that is used up is not what stopped it: it asked because nothing answered', () => {
  assert.equal(stopsOf('lodge_shares'), 0);
  assert.equal(stopsOf('lodge_12ab34_shares'), 0);
  assert.equal(stopsOf('lodge'), 1);
  assert.equal(stopsOf('my_shares'), 1);
});
