import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { isLodgeError } from '../../src/base/errors.ts';
import { ipBatchWord } from '../../src/base/quoting/ip-batch-word.ts';
import { nftComment } from '../../src/base/quoting/nft-text.ts';
import { readMacGuard } from '../../src/host/mac-guard.ts';
import type { GuardHook } from '../../src/model/network-change.ts';
import { GUARD_TABLE, renderGuardLoad } from '../../src/render/mac-guard.ts';
import { renderPacketTables } from '../../src/render/packet-table.ts';
import { renderPiped } from '../../src/render/shell-text.ts';
import { TwinSpaces } from '../../src/twin/spaces.ts';
import { Namespaces } from '../support/netns.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { hostileLink, hostileWord } from '../support/recorded-calls.ts';

// A link may be called by nearly anything. The kernel has one of that name here, and nft and ip are asked what they made of it: exactly
// that name, or our refusal that says it, before anything was loaded.

const RUNS = propertyRuns(25);
const ODD = ['eth*', 'a"b', 'a\\*', '*', 'a#b', "'x", '"x', '"\'#', 'x\\', '-n', 'up', '$a', '{a}', 'a=b', 'a;b'];
const name = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...ODD) }, { weight: 2, arbitrary: hostileLink });
const namespaces = new Namespaces('lqn');
const HOST = () => namespaces.nameOf('host');

before(() => namespaces.add('host'));
after(() => namespaces.close());

/** A link of that name for as long as the work takes; null where the kernel does not take the name, or makes another of it (`%d`). */
async function withLink<T>(link: string, work: () => Promise<T>): Promise<T | null> {
  const made = await namespaces.run(
    'host',
    'ip',
    ['link', 'add', 'name', link, 'type', 'veth', 'peer', 'name', 'far'],
    {
      okExitCodes: [0, 1, 2, 255],
    },
  );
  if (made.exitCode !== 0) return null;
  try {
    return (await namesThere()).includes(link) ? await work() : null;
  } finally {
    await namespaces.run('host', 'ip', ['link', 'delete', 'dev', 'far']);
  }
}

async function namesThere(): Promise<string[]> {
  const { stdout } = await namespaces.run('host', 'ip', ['-j', 'link', 'show']);
  return (JSON.parse(stdout) as { ifname: string }[]).map(({ ifname }) => ifname);
}

const isRefusedByName = (link: string) => (error: unknown) =>
  isLodgeError(error, 'STATE_REFUSED') && error.message.startsWith(`${JSON.stringify(link)} cannot be written for `);

/** What a text came to: loaded, or refused by us with the name. */
function tried(link: string, render: () => string): string | null {
  try {
    return render();
  } catch (error) {
    assert.ok(isRefusedByName(link)(error), `${link}: ${error}`);
    return null;
  }
}

for (const hook of ['netdev-egress', 'bridge'] satisfies GuardHook[]) {
  test(`the guard (${hook}) watches the uplink that was meant, or is refused by its name`, async () => {
    await fc.assert(
      fc.asyncProperty(name, async (uplink) => {
        await withLink(uplink, async () => {
          const guard = { uplink, allowedMacs: ['52:54:00:12:34:56'], hook };
          const text = tried(uplink, () => renderGuardLoad(guard)[0]?.input ?? '');
          if (text === null) return assert.match(uplink, /"|\*$/);
          await namespaces.nft('host', text);
          const reading = await readMacGuard(HOST(), GUARD_TABLE);
          const { stdout } = await namespaces.run('host', 'nft', ['list', 'ruleset']);
          assert.equal(reading?.uplink, uplink);
          const places = stdout.split('\n').filter((line) => /egress device|oifname/.test(line));
          assert.equal(places.length, hook === 'bridge' ? 2 : 1);
          for (const place of places) assert.ok(place.includes(`"${uplink}" `), place);
          await namespaces.run('host', 'nft', ['flush', 'ruleset']);
        });
      }),
      RUNS,
    );
  });
}

test('the tables of a trial name the links that were meant, or are refused by a name', async () => {
  await fc.assert(
    fc.asyncProperty(name, async (uplink) => {
      await withLink(uplink, async () => {
        const text = tried(uplink, () =>
          renderPacketTables({
            name: 'lodge_try',
            taps: ['far'],
            tapPrefix: 'lg1',
            watchedTap: null,
            uplinks: [uplink],
            guests: { ipv4: ['10.0.0.2'], ipv6: [] },
            stranger: { ipv4: '192.0.2.9', ipv6: '2001:db8::9' },
            families: 'both',
            egress: 'shared',
          }),
        );
        if (text === null) return;
        await namespaces.nft('host', text);
        const { stdout } = await namespaces.run('host', 'nft', ['list', 'table', 'netdev', 'lodge_try']);
        assert.ok(stdout.includes(`"${uplink}"`), stdout);
        await namespaces.run('host', 'nft', ['flush', 'ruleset']);
      });
    }),
    RUNS,
  );
});

test('a table’s comment is the text that was meant, or is left out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(hostileWord, fc.string({ maxLength: 130 })), async (note) => {
      const comment = nftComment(note);
      if (comment === null) return;
      await namespaces.nft('host', `table inet lodge_note {\n  comment ${comment}\n}\n`);
      const { stdout } = await namespaces.run('host', 'nft', ['-j', 'list', 'tables']);
      const [, table] = (JSON.parse(stdout) as { nftables: { table?: { name: string } }[] }).nftables;
      assert.equal(table?.table?.name, 'lodge_note');
      const text = await namespaces.run('host', 'nft', ['list', 'table', 'inet', 'lodge_note']);
      assert.ok(text.stdout.includes(`comment "${note}"`), text.stdout);
      await namespaces.run('host', 'nft', ['flush', 'ruleset']);
    }),
    RUNS,
  );
});

test('ip -batch makes the link that was meant, or its word is refused', async () => {
  await fc.assert(
    fc.asyncProperty(name, async (link) => {
      const word = tried(link, () => ipBatchWord(link));
      if (word === null) return assert.match(link, /#|".*'|'.*"/);
      // The same name as the kernel takes it: by words of a command line.
      if ((await withLink(link, async () => true)) === null) return;
      await namespaces.ip('host', [
        `link add name ${word} type veth peer name far`,
        `link set dev ${word} up`,
        `address add 192.0.2.1/32 dev ${word}`,
      ]);
      assert.deepEqual(new Set(await namesThere()), new Set(['lo', 'far', link]));
      await namespaces.run('host', 'ip', ['link', 'delete', 'dev', 'far']);
    }),
    RUNS,
  );
});

test('a namespace of the twin takes lines, rules and settings as they are, whatever stands in them', async () => {
  const spaces = await TwinSpaces.open('quoting');
  try {
    await spaces.add('host');
    const rules = 'table inet END {\n# it\'s $(:>/tmp/canary-of-lodge) `x`\nEND\n  comment "$(:>canary) END"\n}';
    await spaces.setUp(
      'host',
      { ip: ["link add name a=b'c type veth peer name END", 'link set dev END up'] },
      { settings: { "net/ipv4/conf/a=b'c/proxy_arp": '1', 'net/ipv4/conf/END/proxy_arp': '1' } },
      { nft: rules.replace('\nEND\n', '\n') },
      { tryIp: ['END', "link set dev a=b'c up"] },
      { settings: { END: '1', 'net/ipv4/conf/lo/proxy_arp': '1' } },
    );
    const of = async (link: string) =>
      (await spaces.run('host', 'cat', [`/proc/sys/net/ipv4/conf/${link}/proxy_arp`])).stdout.trim();
    assert.deepEqual(await Promise.all(["a=b'c", 'END', 'lo'].map(of)), ['1', '1', '1']);
    const links = (await spaces.ipJson('host', ['link', 'show', 'up'])) as { ifname: string }[];
    assert.deepEqual(new Set(links.map(({ ifname }) => ifname)), new Set(['lo', "a=b'c", 'END']));
    const { stdout } = await spaces.run('host', 'nft', ['list', 'ruleset']);
    assert.ok(stdout.includes('comment "$(:>canary) END"'), stdout);
  } finally {
    await spaces.close();
  }
});

test('a text reaches the program whole, also where a line of it would end a here-document', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(hostileLink, fc.constantFrom('END', "'END'", '', '\\')), { maxLength: 5 }),
      async (lines) => {
        const text = lines.join('\n');
        const { stdout } = await namespaces.run('host', 'sh', ['-e'], { input: renderPiped('cat', text) });
        assert.equal(stdout, `${text}\n`);
      },
    ),
    RUNS,
  );
});
