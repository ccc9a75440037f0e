import { cloudInitHand } from '../../parse/cloud-init.ts';
import type { BridgeFiles, BridgeFilesInput } from './input.ts';

/** Adds the file that keeps cloud-init from writing the network anew, where it has written the one that is changed. */
export function keepCloudInitOff(rendered: BridgeFiles, { files }: Pick<BridgeFilesInput, 'files'>): BridgeFiles {
  const { ownsNetwork, disableFile } = cloudInitHand(files);
  return rendered.ok && ownsNetwork ? { ...rendered, files: [...rendered.files, disableFile] } : rendered;
}
