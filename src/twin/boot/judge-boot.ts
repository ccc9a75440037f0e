import type { ProofCheck } from '../../model/network-plan.ts';
import type { Boot } from './boot.ts';
import type { BootFailure } from './ifupdown.ts';
import type { BootedFiles } from './prove-boot.ts';
import { compareWords, type NetworkWords } from './words.ts';

/** More than these are not told: the first say what is wrong. */
const SHOWN = 6;

export interface BootVerdict {
  checks: ProofCheck[];
  /** What is so already, and what was taken for done. */
  assumptions: string[];
}

/**
 * Whether a host that boots with the planned files is what `apply` makes of it. What does not come back today already is told and is no
 * fault of the plan's.
 *
 * @param now what runs, and what a boot with the files of now makes
 * @param after what runs when the steps are done, and what a boot with the planned files makes
 * @param outer the link that has the host's addresses, now and when the steps are done
 */
export function judgeBoot(
  now: { running: NetworkWords; booted: Pick<BootedFiles, 'boot'> & { words: NetworkWords } },
  after: { running: NetworkWords; booted: BootedFiles },
  outer: { now: string; after: string },
): BootVerdict {
  const today = compareWords(now.running, now.booted.words);
  const isToday = (kind: 'missing' | 'besides') => {
    // What the settings of the link with the host's addresses are not after a boot, those of the link in its place are not either.
    const moved = today[kind].map((one) => (isSetting(one) ? one.replace(`/${outer.now}/`, `/${outer.after}/`) : one));
    return (one: string) => today[kind].includes(one) || moved.includes(one);
  };
  const found = compareWords(after.running, after.booted.words);
  const missing = found.missing.filter((one) => !isToday('missing')(one));
  // An edit moves lines: what fails is the same wherever it stands.
  const [known, failures] = [failuresOf(now.booted.boot), failuresOf(after.booted.boot)];
  const fresh = failures.filter(({ text }) => !known.some((one) => one.text === text));
  const isMended = known.some(({ text }) => !failures.some((one) => one.text === text));
  const more = found.besides.filter((one) => !isToday('besides')(one));
  const { program = '' } = after.booted.boot.ran ? after.booted.boot : {};
  // What a line brings that failed until now is what its owner has wanted.
  const differences = differenceTexts({ missing, besides: isMended ? [] : more });
  const count = differences.length;
  const checks: ProofCheck[] = [
    {
      id: 'boot-runs',
      isGreen: fresh.length === 0,
      summary: `${program} ran on the planned files${failures.length === 0 ? '' : `, and ${failures.length} things failed`}`,
      cause: fresh.length === 0 ? null : shown(fresh.map(textOf)),
    },
    {
      id: 'boot-state',
      isGreen: count === 0,
      summary: `after a boot ${count} things differ from what apply makes`,
      cause: count === 0 ? null : `${shown(differences)}${reasonOf(after.booted.boot)}`,
    },
    ...after.booted.checks.map((check) => ({
      ...check,
      id: `boot-${check.id}`,
      summary: `after a boot: ${check.summary}`,
    })),
  ];
  return {
    checks,
    assumptions: [
      ...known.map((one) => `fails at a boot today already: ${textOf(one)}`),
      ...differenceTexts(today).map((one) => `a boot with the files of today does not make what runs: ${one}`),
      ...(isMended ? more.map((one) => `comes with the next boot, by a line that fails today: ${one}`) : []),
      ...supposedOf(after.booted.boot),
    ],
  };
}

/** `there is no 192.0.2.2/32 on eth0 (after a boot)`; of a setting both values at once. */
function differenceTexts({ missing, besides }: ReturnType<typeof compareWords>): string[] {
  const settingOf = (word: string) => /^(net\/\S+) = (.*)$/.exec(word);
  const pathOf = (word: string) => settingOf(word)?.[1] ?? null;
  return [
    ...missing.map((one) => {
      const other = besides.find((word) => pathOf(word) !== null && pathOf(word) === pathOf(one));
      return other === undefined ? `there is no ${one}` : `${other} instead of ${settingOf(one)?.[2]}`;
    }),
    ...besides
      .filter((one) => pathOf(one) === null || !missing.some((word) => pathOf(word) === pathOf(one)))
      .map((one) => `there is ${one} besides`),
  ];
}

function isSetting(word: string): boolean {
  return word.startsWith('net/');
}

function reasonOf(boot: Boot): string {
  if (!boot.ran) return '';
  const failures = boot.failures.map(textOf);
  if (failures.length > 0) return `, because ${shown(failures)}`;
  return boot.complaints.length === 0 ? '' : `; ${boot.program} said: ${boot.complaints.join('; ')}`;
}

function failuresOf(boot: Boot): BootFailure[] {
  return boot.ran ? boot.failures : [];
}

function supposedOf(boot: Boot): string[] {
  return boot.ran ? [...new Set(boot.supposed)] : [];
}

function textOf({ spot, text }: BootFailure): string {
  return spot === null ? text : `${spot}: ${text}`;
}

function shown(list: readonly string[]): string {
  const more = list.length - SHOWN;
  return `${list.slice(0, SHOWN).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
