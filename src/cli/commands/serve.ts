import { daemonArguments } from '../built.ts';
import { runDaemonInTerminal } from '../spawn.ts';

export function run(): Promise<number> {
  return runDaemonInTerminal(process.execPath, [...daemonArguments(), '--foreground']);
}
