/** The bodies and answers of the API, by name: what `routes.ts` speaks of. They are the model's own types. */
export type { ErrorBody, Problem } from '../base/errors.ts';
export type { AgentReport } from '../model/agent-report.ts';
export type { DoctorReport } from '../model/doctor.ts';
export type { LodgeEvent } from '../model/event.ts';
export type { ExecEnd, ExecGuest } from '../model/guest-exec.ts';
export type { ChangeGuest, CreateGuest, GuestPassword, GuestPlan, SetPassword } from '../model/guest-request.ts';
export type { GuestDetail, GuestRow } from '../model/guest-view.ts';
export type { HostImport, ImportHost } from '../model/host-import.ts';
export type { BuildImage, ImageListing, ImageRow, ImportImage } from '../model/image.ts';
export type { NetworkExplanation } from '../model/network-explanation.ts';
export type { NetworkFacts } from '../model/network-facts.ts';
export type { NetworkPlan, NetworkStatus, Proof } from '../model/network-plan.ts';
export type {
  ApplyBegun,
  ApplyPlan,
  ConfirmNetwork,
  PlanReport,
  RollbackNetwork,
} from '../model/network-requests.ts';
export type { Operation } from '../model/operation.ts';
export type { SetupPlan } from '../model/setup.ts';

export interface DaemonStatus {
  pid: number;
  version: string;
  root: string;
  startedAtMs: number;
  guests: { defined: number; running: number };
  memoryBytes: number;
  /** What it downloads through, without logins: `describeProxies` of its own environment. */
  proxies: string;
}
