import { startTalking, type TalkingProcess } from './exec.ts';

/** nft does not notice that nobody listens until it has something to say: the shell ends it when we are gone. */
const MONITOR = 'nft -a monitor trace </dev/null & read -r word; kill $!';

/** The lines of `nft monitor trace`, in this network namespace, until it is ended. It is not up at once and does not say when. */
export function monitorTrace(onLine: (line: string) => void): Promise<TalkingProcess> {
  return startTalking('sh', ['-c', MONITOR], onLine);
}
