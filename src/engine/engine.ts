import { type Clock, systemClock } from '../base/clock.ts';
import { explainError } from '../base/errors.ts';
import { type Random, systemRandom } from '../base/random.ts';
import type { Layout } from '../model/layout.ts';
import type { Operation } from '../model/operation.ts';
import type { Store } from '../store/store.ts';
import { createEventLog } from './event-log.ts';
import { adoptGuests } from './guests/adopt.ts';
import { AgentSessions } from './guests/agent/agent-sessions.ts';
import { natNetworkOf } from './guests/choose-network.ts';
import { ConsoleHub } from './guests/console-hub.ts';
import { controlGuest } from './guests/control-guest.ts';
import type { CreateDeps } from './guests/create-guest.ts';
import { endWithHost } from './guests/end-with-host.ts';
import { ExecLanes } from './guests/exec/exec-lanes.ts';
import { layoutOfGuest } from './guests/guest-deps.ts';
import { GuestNetwork } from './guests/guest-network.ts';
import { replaceLogWriters } from './guests/log-writers.ts';
import { guardNetwork } from './guests/network-guard.ts';
import { Restarts } from './guests/restarts.ts';
import { type Settling, settleExit, settleGuest } from './guests/settle.ts';
import { watchShares } from './guests/share-watch.ts';
import { Supervisor } from './guests/supervisor.ts';
import { HostMachine } from './host-machine.ts';
import { ImageWorks } from './images/image-works.ts';
import type { Log } from './log.ts';
import { createNatLink } from './nat/link.ts';
import { applyWorkflow } from './network/apply-workflow.ts';
import { watchMacs } from './network/mac-watch.ts';
import { createNetworkChanges } from './network/network-changes.ts';
import { checkPlannedFiles, proveWorkflow } from './network/prove.ts';
import { recoverTransaction, settleApply } from './network/settle-apply.ts';
import type { TransactionDeps } from './network/transaction-deps.ts';
import type { FaultPoint } from './operations/fault.ts';
import { Operations } from './operations/operations.ts';
import { PacketTrials } from './packets/packet-trials.ts';
import { planSetup } from './setup/setup.ts';
import { createWorkflows } from './workflows.ts';

interface EngineInput {
  store: Store;
  layout: Layout;
  log: Log;
  fault: FaultPoint;
  /** How this daemon was started: what set-up makes a service of. */
  daemonCommand: readonly string[];
  sshLimitMs?: number | null;
  clock?: Clock;
  random?: Random;
}

export interface Engine {
  guests: CreateDeps;
  consoles: ConsoleHub;
  /** The ports by which commands run in guests. */
  lanes: ExecLanes;
  /** The host's own network: applied, confirmed, rolled back. */
  networkChanges: TransactionDeps;
  /** Finds every guest again and goes on with what a killed daemon left. */
  recover(): Promise<void>;
  /** The host goes down, and its guests before it. Then `close`. */
  endWithHost(): Promise<void>;
  /** Lets go of everything; guests and unfinished operations stay as they are. */
  close(): Promise<void>;
}

/** Puts the rooms together: what is decided, what is done, what is remembered. */
export function createEngine({
  store,
  layout,
  log,
  fault,
  daemonCommand,
  sshLimitMs = null,
  clock = systemClock,
  random = systemRandom,
}: EngineInput): Engine {
  const events = createEventLog(store, clock, (error) =>
    log.error({}, `an event could not be kept: ${explainError(error)}`),
  );
  const machine = new HostMachine(layout);
  const operations = new Operations({ store, events, clock, random, fault });
  const setupPlan = () => planSetup({ layout, daemonCommand });
  const images = new ImageWorks({ store, layout, events, operations, setupPlan });
  const supervisor = new Supervisor({
    store,
    layout,
    events,
    clock,
    log,
    uidsOf: (record) => machine.guestUids(record),
  });
  const network = new GuestNetwork(store, natAccess(store, layout, random, machine));
  const packets = new PacketTrials({ store, layout, random, network });
  const guests: CreateDeps = {
    store,
    layout,
    clock,
    random,
    events,
    machine,
    network,
    packets,
    images,
    supervisor,
    agents: new AgentSessions(),
    operations,
    setupPlan,
    sshLimitMs,
  };
  const start = async (name: string) => operations.wait((await controlGuest(guests, name, 'start')).id);
  const restarts = new Restarts({ store, log, start });
  const settling: Settling = { ...guests, log, restarts };
  const busy = (name: string) => operations.activeFor('guest', name) !== null;
  const settle = async (operation: Operation) => {
    if (operation.kind.startsWith('guest.')) await settleGuest(settling, operation);
    if (operation.kind === 'network.apply') await settleApply(networkChanges, operation);
  };
  const networkChanges = createNetworkChanges({
    store,
    layout,
    clock,
    random,
    log,
    fault,
    operations,
    checkFiles: (plan) => checkPlannedFiles(networkChanges, plan),
  });
  const networkWorkflows = {
    'network.prove': proveWorkflow(networkChanges),
    'network.apply': applyWorkflow(networkChanges),
  };
  operations.useWorkflows(createWorkflows(guests, { layout, daemonCommand }, networkWorkflows), settle);
  supervisor.onExit((name) => {
    if (busy(name)) return;
    settleExit(settling, name).catch((error: unknown) => log.error({ guest: name }, explainError(error)));
  });
  const stopReplacing = replaceLogWriters(supervisor, guests, log);
  const stopGuarding = guardNetwork(network, log);
  const stopWatching = watchMacs({ store, layout, clock, events, log });
  const stopCounting = watchShares({ network, clock, events, log });
  const consoles = new ConsoleHub();
  const lanes = new ExecLanes();
  return {
    guests,
    consoles,
    lanes,
    networkChanges,
    async recover() {
      const unfinished = new Set(store.operations.unfinished().map(({ subject }) => subject));
      await packets.sweep().catch((error: unknown) => log.error({}, `network: ${explainError(error)}`));
      await network.recover().catch((error: unknown) => log.error({}, `network: ${explainError(error)}`));
      await adoptGuests(settling, unfinished);
      adoptLanes(lanes, supervisor);
      adoptAgents(guests);
      operations.resume();
      await recoverTransaction(networkChanges).catch((error: unknown) =>
        log.error({}, `network: ${explainError(error)}`),
      );
    },
    endWithHost: () => endWithHost(settling),
    async close() {
      stopReplacing();
      stopGuarding();
      stopWatching();
      stopCounting();
      restarts.close();
      consoles.close();
      guests.agents.close();
      await lanes.close();
      await operations.abandon();
      await supervisor.close();
    },
  };
}

/** In no hurry, and no guest's trouble is another's. */
function adoptLanes(lanes: ExecLanes, supervisor: Supervisor): void {
  for (const name of supervisor.watched()) {
    const monitor = supervisor.monitorOf(name);
    if (monitor !== null) void lanes.adopt(name, monitor).catch(() => {});
  }
}

/** Each guest's agent is heard out, in no hurry. */
function adoptAgents({ store, layout, supervisor, agents }: CreateDeps): void {
  for (const name of supervisor.watched()) {
    const record = store.guests.find(name);
    if (record !== null) void agents.takeOver(name, layoutOfGuest(layout, record).agentSocket);
  }
}

function natAccess(store: Store, layout: Layout, random: Random, machine: HostMachine) {
  const network = () => natNetworkOf(store, layout.root, random);
  let link: ReturnType<typeof makeLink> | null = null;
  const makeLink = async () => {
    const { uid, gid } = await machine.qemuOwner();
    const { stateDir, runDir } = layout;
    const isWantedElsewhere = (path: string) =>
      (store.networkPlans.current()?.atBoot.late ?? []).some((one) => one.kind === 'set-sysctl' && one.path === path);
    return createNatLink({ network: await network(), stateDir, runDir, qemuUid: uid, qemuGid: gid, isWantedElsewhere });
  };
  return {
    network,
    link: () => {
      link ??= makeLink().catch((error: unknown) => {
        link = null;
        throw error;
      });
      return link;
    },
  };
}
