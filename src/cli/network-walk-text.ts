import type { NetworkExplanation } from '../api/types.ts';
import { formatInstant } from './instant.ts';
import type { Paint } from './output.ts';
import { wrapText } from './wrap-text.ts';

const WIDTH = 80;
/** Deeper than any line of the commands is indented. */
const MEANING_INDENT = ' '.repeat(8);

/** The commands' lines as they print them, and under each what it means; readable without colour at 80 columns. */
export function renderWalk(explanation: NetworkExplanation, paint: Paint): string {
  const { walk, findings } = explanation;
  const sections = walk.sections.map(({ command, lines }) => {
    const rendered = lines.flatMap(({ text, meaning }) => [
      text,
      ...(meaning === null ? [] : wrapText(meaning, MEANING_INDENT, WIDTH).map((line) => paint('dim', line))),
    ]);
    return `${paint('bold', `$ ${command}`)}\n${rendered.join('\n')}\n`;
  });
  const loud = findings.filter(({ level }) => level !== 'note').length;
  const notes = findings.length - loud;
  const last =
    findings.length === 0
      ? 'nothing surprising'
      : `${loud === 0 ? 'nothing' : loud} surprising, ${notes} to note: lodge net explain`;
  return [renderHeading(explanation), ...sections, `${last}\n`].join('\n');
}

/** Whose network it is, when it was looked at, and who configures it. */
export function renderHeading({ hostname, kernelRelease, takenAtMs, owner, ownerReason }: NetworkExplanation): string {
  const who = owner === 'none' ? 'nobody' : owner;
  return [
    `${hostname}, Linux ${kernelRelease}, seen ${formatInstant(takenAtMs)}`,
    ...wrapText(`configured by ${who}: ${ownerReason}`, '', WIDTH),
    '',
  ].join('\n');
}
