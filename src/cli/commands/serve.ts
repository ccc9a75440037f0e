import { daemonArguments } from '../built.ts';
import { runInTerminal } from '../spawn.ts';

export function run(): Promise<number> {
  return runInTerminal(process.execPath, [...daemonArguments(), '--foreground']);
}
