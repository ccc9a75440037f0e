import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProgramCall } from '../src/base/program-call.ts';
import { shellWord } from '../src/base/quoting/shell-word.ts';
import { renderShellLines } from '../src/cli/shell-lines.ts';
import { invertChange, type NetworkChange } from '../src/model/network-change.ts';
import { renderChange } from '../src/render/network-commands.ts';
import { renderBootChanges, renderRollbackScript, renderWriteFilesScript } from '../src/render/network-script.ts';
import { propertyRuns } from './support/property-runs.ts';
import { hostileLink, hostileWord, type RecordedCall, runRecorded, shortened } from './support/recorded-calls.ts';

// Names, comments and values come from the host's files. Every script that is made of them is run here, with programs in the place of
// the system's that write down what reaches them: the words that were meant, and no others; and nothing else happens.

const PROGRAMS = ['ip', 'nft', 'tee', 'bridge'];
/** A shell is started for each. */
const RUNS = propertyRuns(20);

const family = fc.constantFrom('ipv4' as const, 'ipv6' as const);
const address = fc.record({
  link: hostileLink,
  family,
  address: hostileWord,
  prefixLength: fc.constant(24),
  peer: fc.option(hostileWord),
  noPrefixRoute: fc.boolean(),
  label: fc.option(hostileWord),
});
const route = fc.record({
  family,
  destination: hostileWord,
  type: fc.constantFrom('unicast', 'unreachable'),
  via: fc.option(hostileWord),
  link: fc.option(hostileLink),
  source: fc.option(hostileWord),
  metric: fc.option(fc.constant(7)),
  protocol: fc.option(hostileWord),
  scope: fc.option(hostileWord),
  isOnLink: fc.boolean(),
});
const change = fc.oneof(
  fc.record({ kind: fc.constant('set-sysctl'), path: hostileWord, value: hostileWord, before: hostileWord }),
  fc.record({ kind: fc.constant('add-bridge'), name: hostileLink, mac: hostileWord }),
  fc.record({ kind: fc.constant('set-mac'), link: hostileLink, mac: hostileWord, before: hostileWord }),
  fc.record({ kind: fc.constant('add-port'), bridge: hostileLink, link: hostileLink }),
  fc.record({ kind: fc.constantFrom('add-address', 'remove-address'), address }),
  fc.record({ kind: fc.constantFrom('add-route', 'remove-route'), route }),
  fc.record({ kind: fc.constant('replace-route'), route, before: route }),
  fc.record({ kind: fc.constantFrom('add-proxy', 'remove-proxy'), link: hostileLink, family, address: hostileWord }),
  fc.record({ kind: fc.constant('copy-neighbour'), from: hostileLink, to: hostileLink, family, address: hostileWord }),
) as unknown as fc.Arbitrary<NetworkChange>;

/** What a call has to look like from the other side. The one script among them asks `ip` first, and is told nothing. */
function expected({ program, args, input }: ProgramCall): RecordedCall {
  if (program !== 'sh') return { program, args, input: input ?? '' };
  const [, , , asked = '', from = ''] = args;
  return { program: 'ip', args: ['neighbour', 'show', asked, 'dev', from], input: '' };
}

test('the way back gives each program the words that were meant', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(hostileWord, hostileWord, change), { minLength: 1, maxLength: 4 }),
      async (all) => {
        const steps = all.map(([id, title, one], index) => ({
          id: `${index}${id.replaceAll('\n', '')}`,
          title,
          change: one,
        }));
        const script = renderRollbackScript({ number: 1, steps: steps as never });
        const boot = await runRecorded('cat /proc/sys/kernel/random/boot_id >boot-id', { programs: [] });
        assert.deepEqual(boot.files, ['boot-id', 'script.sh']);
        const files = { begun: `${steps.map(({ id }) => id).join('\n')}\n`, armed: '' };
        const head = 'cat /proc/sys/kernel/random/boot_id >boot-id\n';
        const { calls, files: left } = await runRecorded(script.replace('\nagain=no\n', `\n${head}again=no\n`), {
          programs: PROGRAMS,
          files,
          reads: true,
          args: ["it's $(:>canary) over"],
        });
        const wanted = steps.toReversed().flatMap(({ change: one }) => renderChange(invertChange(one)).map(expected));
        assert.deepEqual(calls, wanted);
        assert.deepEqual(left, ['begun', 'boot-id', 'reason', 'reverted', 'rollback.log', 'script.sh']);
      },
    ),
    RUNS,
  );
});

test('the boot gives each program the words that were meant', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 4 }),
      hostileLink.filter((name) => !/"|\*$/.test(name)),
      async (changes, uplink) => {
        const guard = {
          kind: 'load-guard' as const,
          uplink,
          allowedMacs: ['52:54:00:12:34:56'],
          hook: 'bridge' as const,
        };
        const all = [guard, ...changes];
        const script = renderBootChanges(1, 'early', all).replaceAll('sleep 0.1', ':');
        const { calls, files, exitCode } = await runRecorded(script, { programs: PROGRAMS, reads: true });
        assert.deepEqual(calls, all.flatMap(renderChange).map(expected));
        assert.deepEqual([files, exitCode], [['script.sh'], 0]);
      },
    ),
    RUNS,
  );
});

test('files of any name are written there, and nowhere else, or taken away', async () => {
  const fileName = hostileWord
    .map((word) => shortened(word.replaceAll('/', ''), 60))
    .filter((name) => !/^\.*$/.test(name));
  const file = fc.record({
    place: fileName,
    name: fileName,
    mode: fc.constantFrom(0o600, 0o644),
    isKept: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(file, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
      async (all) => {
        // The way there is relative here, so that the script's own directory is the whole disk. A path begins with a directory, as an
        // absolute one does with a slash.
        const placed = all.map(({ place, name, mode, isKept }, index) => ({
          path: `./into/d${place}/${name}`,
          after: isKept ? `text ${index} of $(:>canary)` : null,
          mode,
        }));
        const script = renderWriteFilesScript(1, placed);
        const make = placed.map(({ path, after }, index) =>
          [
            `mkdir -p ${shellWord(path.replace(/\/[^/]*$/, ''))} new`,
            `printf %s ${shellWord(after ?? '')} >new/${index + 1}`,
            after === null ? `echo old >${shellWord(path)}` : ':',
          ].join('\n'),
        );
        const { tree, exitCode } = await runRecorded(
          script.replace('umask 022', () => `umask 022\n${make.join('\n')}`),
          {
            programs: [],
          },
        );
        const { 'script.sh': _script, ...found } = tree;
        const wanted = placed.flatMap(({ path, after, mode }, index) => [
          [`new/${index + 1}`, { text: after ?? '', mode: 0o644 }] as const,
          ...(after === null ? [] : [[path.slice(2), { text: after, mode }] as const]),
        ]);
        assert.deepEqual([found, exitCode], [Object.fromEntries(wanted), 0]);
      },
    ),
    RUNS,
  );
});

test('a command line that is shown can be typed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostileWord, { minLength: 1, maxLength: 5 }), async (words) => {
      const lines = renderShellLines(['ip', ...words]).join(' ');
      const { calls, files } = await runRecorded(lines, { programs: ['ip'] });
      assert.deepEqual(calls, [{ program: 'ip', args: words, input: '' }]);
      assert.deepEqual(files, ['script.sh']);
    }),
    RUNS,
  );
});
