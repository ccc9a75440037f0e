import { unitRunWords } from '../base/quoting/unit-word.ts';
import { exec } from './exec.ts';
import { pathExists } from './files.ts';

/** True where systemd is PID 1: sd_booted(3) looks at the same directory. Installed is not booted. */
export function hasSystemd(): Promise<boolean> {
  return pathExists('/run/systemd/system');
}

/** Whether this host is on its way down. What ends now ends because of that. */
export async function isHostStopping(): Promise<boolean> {
  if (!(await hasSystemd())) return false;
  // Every state but `running` has an exit code of its own (systemctl(1)).
  const { stdout } = await exec('systemctl', ['is-system-running'], { okExitCodes: [0, 1, 2, 3, 4] });
  return stdout.trim() === 'stopping';
}

/** Makes systemd start the unit with the host; it is not started now. Rereads unit files. */
export async function enableUnit(name: string): Promise<void> {
  await exec('systemctl', ['enable', '--quiet', name]);
}

export async function reloadUnits(): Promise<void> {
  await exec('systemctl', ['daemon-reload']);
}

/** Tells the service manager at that socket ($NOTIFY_SOCKET of sd_notify(3)) that this service is ready. */
export async function notifyReady(notifySocket: string): Promise<void> {
  await exec('systemd-notify', ['--ready'], { env: { NOTIFY_SOCKET: notifySocket } });
}

/** Takes a unit away from the host's start. One that is not there is no error. */
export async function disableUnit(name: string): Promise<void> {
  await exec('systemctl', ['disable', '--quiet', name], { okExitCodes: [0, 1] });
}

/**
 * Runs a program once, when the time is over, whatever becomes of this process: a transient timer of systemd's own. The unit goes
 * when its work is done, well or not.
 */
export async function startTimer(unit: string, afterSec: number, words: readonly string[]): Promise<void> {
  const timing = [`--on-active=${afterSec}s`, '--timer-property=AccuracySec=100ms'];
  await exec('systemd-run', ['--quiet', '--collect', `--unit=${unit}`, ...timing, '--', ...unitRunWords(words)]);
}

export async function isTimerActive(unit: string): Promise<boolean> {
  const { exitCode } = await exec('systemctl', ['is-active', '--quiet', `${unit}.timer`], {
    okExitCodes: [0, 1, 2, 3, 4],
  });
  return exitCode === 0;
}

/** One that has gone off already, or is not there, is no error. */
export async function stopTimer(unit: string): Promise<void> {
  await exec('systemctl', ['stop', '--quiet', `${unit}.timer`], { okExitCodes: [0, 1, 2, 3, 4, 5] });
}
