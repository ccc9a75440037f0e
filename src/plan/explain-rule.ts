import type { Finding } from '../model/network-finding.ts';
import type { NetworkScene } from './network-scene.ts';

export type FindingWords = Omit<Finding, 'id'>;

/** One thing to look for. Its id is the finding's, and a heading of docs/guides/network-findings.md. */
export interface ExplainRule {
  id: string;
  judge(scene: NetworkScene): FindingWords[];
}
