import { isFileEdit } from './apply-fix.ts';

/** A fix is a row of parts with `; ` between them. What stands before a command or an edit and only says when it is for. */
const LEADS =
  /^(?:and |then |keep one: |make them say the same: |where it has to stay up: |where the running network is right: |where the signs are right: |if the card was exchanged: |take it away: |take it off now: |keep one\. Disable the others? .*: )/;
const COMMAND = /^(?:ip|bridge|sysctl|printf|nmcli|systemctl|apt-get) /;
/** `write mode: routed into host.yaml`, or what Lodge writes there itself. */
const HOST_FILE = /^write \S+: \S+ into host\.yaml|^lodge net import --replace$/;

export interface FixPart {
  /** `edit`: of a file that the network's program reads. `host-file`: of host.yaml. */
  kind: 'command' | 'edit' | 'host-file' | 'advice';
  text: string;
}

/** The ways that a fix leaves open, each as its parts in their order: `A, or B; C` is A with C, and B with C. */
export function waysOf(fix: string | null): FixPart[][] {
  if (fix === null) return [];
  let done: FixPart[][] = [];
  let ways: FixPart[][] = [[]];
  for (const part of fix.split('; ')) {
    if (part.startsWith('or ')) {
      done = [...done, ...ways];
      ways = [[]];
    }
    const choices = part
      .replace(/^or /, '')
      .split(/, or (?!say )/)
      .map(readPart);
    ways = ways.flatMap((way) => choices.map((choice) => [...way, choice]));
  }
  return [...done, ...ways];
}

function readPart(text: string): FixPart {
  const bare = text.replace(LEADS, '');
  if (COMMAND.test(bare)) return { kind: 'command', text: bare.replace(/ \([^)]*\)$/, '') };
  if (HOST_FILE.test(bare)) return { kind: 'host-file', text: bare };
  return { kind: isFileEdit(bare) ? 'edit' : 'advice', text: bare };
}
