import { parentPort, workerData } from 'node:worker_threads';
import { HOSTILE_TEXTS } from './hostile-texts.ts';

/** From the one that is asked for to the last: a message for each that is read. */
for (const { read } of HOSTILE_TEXTS.slice(Number(workerData))) {
  let failure: string | null = null;
  try {
    await read();
  } catch (error) {
    failure = String(error);
  }
  parentPort?.postMessage({ failure });
}
