import type { DaemonStatus } from '../api/types.ts';
import type { ConsoleHub } from '../engine/guests/console-hub.ts';
import type { CreateDeps } from '../engine/guests/create-guest.ts';
import type { ExecLanes } from '../engine/guests/exec/exec-lanes.ts';
import type { NetworkService } from '../engine/network/service.ts';
import type { TransactionDeps } from '../engine/network/transaction-deps.ts';
import type { DoctorReport } from '../model/doctor.ts';
import type { SetupPlan } from '../model/setup.ts';

/** What the routes reach: the engine's functions and their dependencies, wired in main.ts. */
export interface Services {
  guests: CreateDeps;
  consoles: ConsoleHub;
  lanes: ExecLanes;
  network: NetworkService;
  networkChanges: TransactionDeps;
  runDoctor(refresh: boolean): Promise<DoctorReport>;
  planSetup(): Promise<SetupPlan>;
  status(): DaemonStatus;
  /** Lets go of everything and ends the process; guests go on. */
  stop(): void;
}
