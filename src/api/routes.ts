/**
 * Every path of the API. Bodies and answers are JSON as typed in `types.ts`; errors are `{"error": ErrorBody}`.
 * A long piece of work answers 202 with an `Operation`.
 *
 * GET    /v1/daemon                       -> DaemonStatus
 * POST   /v1/daemon/stop                  -> {}
 * GET    /v1/guests                       -> GuestRow[]
 * POST   /v1/guests            CreateGuest-> 202 Operation | 200 GuestPlan when dryRun
 * GET    /v1/guests/N                     -> GuestDetail
 * GET    /v1/guests/N?agent=1             -> GuestDetail with `agent`: what the guest's agent says, within a second
 * PATCH  /v1/guests/N          ChangeGuest-> GuestDetail  (unchanged when dryRun)
 * DELETE /v1/guests/N                     -> 202 Operation
 * POST   /v1/guests/N/start  {wait?}      -> 202 Operation     (wait: until SSH answers; default false)
 * POST   /v1/guests/N/stop   {timeoutMs?} -> 202 Operation
 * POST   /v1/guests/N/restart {timeoutMs?, wait?} -> 202 Operation
 * POST   /v1/guests/N/kill                -> 202 Operation
 * GET    /v1/guests/N/command             -> {arguments: string[]}  (the binary first)
 * GET    /v1/guests/N/logs?source=serial|qemu&tail=LINES&follow=1 -> text/plain, chunked while followed
 * GET    /v1/guests/N/console             -> 101 Upgrade: lodge-stream, then the raw bytes of the serial port
 * GET    /v1/guests/N/vnc                 -> 101 Upgrade: lodge-stream, then RFB
 * POST   /v1/guests/N/password SetPassword-> GuestPassword
 * POST   /v1/guests/N/exec       ExecGuest-> 101 Upgrade: lodge-stream when the command runs, then frames (exec-frames.ts), ExecEnd last
 * GET    /v1/images                       -> ImageListing
 * GET    /v1/images/N                     -> ImageRow
 * DELETE /v1/images/N                     -> {}
 * POST   /v1/images/build       BuildImage-> 202 Operation
 * POST   /v1/images/import     ImportImage-> 202 Operation
 * GET    /v1/operations                   -> Operation[]   (newest first, the last 200)
 * GET    /v1/operations/ID                -> Operation
 * GET    /v1/operations/ID/watch          -> Operation as NDJSON, one line at each change, ends with the last state
 * POST   /v1/operations/ID/cancel         -> Operation
 * GET    /v1/events?since=SEQ             -> LodgeEvent as NDJSON, without end
 * POST   /v1/doctor            {refresh?} -> DoctorReport  (refresh: boot the probe anew)
 * GET    /v1/setup                        -> SetupPlan
 * POST   /v1/setup           {backports?} -> 202 Operation
 * GET    /v1/network/facts                -> NetworkFacts
 * POST   /v1/network/import    ImportHost -> HostImport
 * POST   /v1/network/explain     {facts?} -> NetworkExplanation
 * POST   /v1/network/plans       {layout} -> NetworkPlan
 * GET    /v1/network/plans/N              -> PlanReport
 * POST   /v1/network/plans/N/prove        -> 202 Operation  (the proof is in PlanReport then)
 * POST   /v1/network/plans/N/apply ApplyPlan -> ApplyBegun
 * POST   /v1/network/confirm ConfirmNetwork -> NetworkStatus
 * POST   /v1/network/rollback {plan?}     -> NetworkPlan to go back with | NetworkStatus when a transaction was open
 * GET    /v1/network/status               -> NetworkStatus
 * GET    /v1/metrics                      -> text/plain in the format of Prometheus
 * GET    /v1/openapi.json                 -> OpenAPI 3.1
 */
export const routes = {
  daemon: '/v1/daemon',
  daemonStop: '/v1/daemon/stop',
  guests: '/v1/guests',
  guest: (name: string) => `/v1/guests/${encodeURIComponent(name)}`,
  guestAction: (name: string, action: 'start' | 'stop' | 'restart' | 'kill') =>
    `/v1/guests/${encodeURIComponent(name)}/${action}`,
  guestCommand: (name: string) => `/v1/guests/${encodeURIComponent(name)}/command`,
  guestLogs: (name: string) => `/v1/guests/${encodeURIComponent(name)}/logs`,
  guestConsole: (name: string) => `/v1/guests/${encodeURIComponent(name)}/console`,
  guestWithAgent: (name: string) => `/v1/guests/${encodeURIComponent(name)}?agent=1`,
  guestPassword: (name: string) => `/v1/guests/${encodeURIComponent(name)}/password`,
  guestExec: (name: string) => `/v1/guests/${encodeURIComponent(name)}/exec`,
  guestVnc: (name: string) => `/v1/guests/${encodeURIComponent(name)}/vnc`,
  images: '/v1/images',
  image: (name: string) => `/v1/images/${encodeURIComponent(name)}`,
  imageBuild: '/v1/images/build',
  imageImport: '/v1/images/import',
  operations: '/v1/operations',
  operation: (id: string) => `/v1/operations/${encodeURIComponent(id)}`,
  operationWatch: (id: string) => `/v1/operations/${encodeURIComponent(id)}/watch`,
  operationCancel: (id: string) => `/v1/operations/${encodeURIComponent(id)}/cancel`,
  events: '/v1/events',
  metrics: '/v1/metrics',
  doctor: '/v1/doctor',
  setup: '/v1/setup',
  networkFacts: '/v1/network/facts',
  networkImport: '/v1/network/import',
  networkExplain: '/v1/network/explain',
  networkPlans: '/v1/network/plans',
  networkPlan: (number: number) => `/v1/network/plans/${number}`,
  networkProve: (number: number) => `/v1/network/plans/${number}/prove`,
  networkApply: (number: number) => `/v1/network/plans/${number}/apply`,
  networkConfirm: '/v1/network/confirm',
  networkRollback: '/v1/network/rollback',
  networkStatus: '/v1/network/status',
} as const;

/** Of a console's stream: how many of its first bytes are the end of the log, from before the viewer joined. */
export const REPLAY_HEADER = 'lodge-replay-bytes';
