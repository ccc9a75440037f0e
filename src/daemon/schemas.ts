import { z } from '@hono/zod-openapi';
import type { ExecGuest } from '../model/guest-exec.ts';
import type { ChangeGuest, CreateGuest, SetPassword } from '../model/guest-request.ts';
import type { ImportHost } from '../model/host-import.ts';
import { type BuildImage, IMAGE_NAME, IMAGE_NAME_RULE, type ImportImage } from '../model/image.ts';
import type { ApplyPlan, ConfirmNetwork, RollbackNetwork } from '../model/network-requests.ts';

/**
 * Shapes of request bodies. What a value means (an address in the pool, a size above the image's) is the planner's to
 * judge; here it is only of the right kind. Unknown keys are refused: a misspelt option must not be ignored.
 */
const publishedPort = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  hostAddress: z.string().nullable(),
  hostPort: z.int().min(1).max(65535),
  guestPort: z.int().min(1).max(65535),
});

const diskCache = z.enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe']);
const watchdog = z.enum(['reset', 'shutdown', 'poweroff', 'pause', 'inject-nmi', 'none']);
const restartPolicy = z.enum(['no', 'on-failure', 'always']);

export const createGuestSchema = z
  .strictObject({
    name: z.string(),
    image: z.string().optional(),
    checksum: z.string().optional(),
    iso: z.string().optional(),
    memoryMiB: z.number().optional(),
    vcpus: z.number().optional(),
    disk: z
      .strictObject({
        sizeBytes: z.number().optional(),
        format: z.enum(['qcow2', 'raw']).optional(),
        cache: diskCache.optional(),
        discard: z.enum(['unmap', 'ignore']).optional(),
      })
      .optional(),
    machine: z.enum(['pc', 'q35']).optional(),
    firmware: z.enum(['bios', 'uefi']).optional(),
    cpu: z.string().optional(),
    accel: z.enum(['auto', 'kvm', 'tcg']).optional(),
    boot: z.strictObject({ order: z.string().optional(), once: z.string().optional() }).optional(),
    keymap: z.string().optional(),
    watchdog: watchdog.optional(),
    restartPolicy: restartPolicy.optional(),
    startWithHost: z.boolean().optional(),
    sshKeys: z.array(z.string()).optional(),
    userData: z.string().optional(),
    userDataBase64: z.string().optional(),
    link: z.literal('nat', 'must be nat: routed and bridged links are not built yet').optional(),
    mac: z.string().optional(),
    ipv4: z.string().optional(),
    ipv6: z.string().optional(),
    publish: z.array(publishedPort).optional(),
    maxConnections: z.number().optional(),
    wait: z.boolean().optional(),
    dryRun: z.boolean().optional(),
  })
  .openapi('CreateGuest');

export const changeGuestSchema = z
  .strictObject({
    generation: z.int().optional(),
    memoryMiB: z.number().optional(),
    balloonMiB: z.number().optional(),
    vcpus: z.number().optional(),
    diskSizeBytes: z.number().optional(),
    restartPolicy: restartPolicy.optional(),
    startWithHost: z.boolean().optional(),
    iso: z.string().nullable().optional(),
    boot: z.strictObject({ order: z.string().optional(), once: z.string().nullable().optional() }).optional(),
    publish: z.array(publishedPort).optional(),
    maxConnections: z.number().nullable().optional(),
    sshKeys: z.array(z.string()).optional(),
    dryRun: z.boolean().optional(),
  })
  .openapi('ChangeGuest');

export const controlSchema = z
  .strictObject({ timeoutMs: z.int().min(0).max(3_600_000).optional(), wait: z.boolean().optional() })
  .openapi('ControlGuest');

export const execGuestSchema = z
  .strictObject({
    command: z.array(z.string()).min(1),
    user: z.string().optional(),
    cwd: z.string().optional(),
    env: z.record(z.string(), z.string()).optional(),
    stdin: z.boolean().optional(),
  })
  .openapi('ExecGuest');

export const setPasswordSchema = z
  .strictObject({ user: z.string().optional(), password: z.string().optional() })
  .openapi('SetPassword');

const imageName = z.string().regex(IMAGE_NAME, `must be ${IMAGE_NAME_RULE}`);

export const buildImageSchema = z
  .strictObject({ name: imageName, rebuild: z.boolean().optional() })
  .openapi('BuildImage');

export const importImageSchema = z
  .strictObject({
    name: imageName,
    source: z.string().regex(/^(\/|https?:\/\/)/, 'must be an absolute path or an http(s) URL'),
    checksum: z.string().optional(),
    identity: z.enum(['nocloud', 'none']).optional(),
  })
  .openapi('ImportImage');

export const doctorSchema = z.strictObject({ refresh: z.boolean().optional() }).openapi('Doctor');
export const setupSchema = z.strictObject({ backports: z.boolean().optional() }).openapi('Setup');

export const importHostSchema = z
  .strictObject({ write: z.boolean().optional(), replace: z.boolean().optional() })
  .openapi('ImportHost');

const connection = z.string().max(200).nullable().optional();

export const applyPlanSchema = z
  .strictObject({
    confirmWithinMs: z.int().optional(),
    unproven: z.boolean().optional(),
    connection,
    targets: z
      .array(z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'))
      .max(16)
      .optional(),
  })
  .openapi('ApplyPlan');

export const confirmNetworkSchema = z
  .strictObject({ token: z.string(), connection, fromConsole: z.boolean().optional() })
  .openapi('ConfirmNetwork');

export const rollbackNetworkSchema = z.strictObject({ plan: z.int().min(0).optional() }).openapi('RollbackNetwork');

/** Fails to compile when a schema and the model's type name different keys. */
type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A] ? true : never;
true satisfies SameKeys<z.infer<typeof createGuestSchema>, CreateGuest>;
true satisfies SameKeys<z.infer<typeof changeGuestSchema>, ChangeGuest>;
true satisfies SameKeys<z.infer<typeof setPasswordSchema>, SetPassword>;
true satisfies SameKeys<z.infer<typeof execGuestSchema>, ExecGuest>;
true satisfies SameKeys<z.infer<typeof buildImageSchema>, BuildImage>;
true satisfies SameKeys<z.infer<typeof importImageSchema>, ImportImage>;
true satisfies SameKeys<z.infer<typeof importHostSchema>, ImportHost>;
true satisfies SameKeys<z.infer<typeof applyPlanSchema>, ApplyPlan>;
true satisfies SameKeys<z.infer<typeof confirmNetworkSchema>, ConfirmNetwork>;
true satisfies SameKeys<z.infer<typeof rollbackNetworkSchema>, RollbackNetwork>;
