import { z } from '@hono/zod-openapi';
import { MIB } from '../base/size.ts';
import { boundedRecord } from '../model/bounded-schema.ts';
import { EXEC_MAX_CHARACTERS, type ExecGuest } from '../model/guest-exec.ts';
import type { ChangeGuest, CreateGuest, SetPassword } from '../model/guest-request.ts';
import type { ImportHost } from '../model/host-import.ts';
import { type BuildImage, IMAGE_NAME, IMAGE_NAME_RULE, type ImportImage } from '../model/image.ts';
import type { ApplyPlan, ConfirmNetwork, RollbackNetwork } from '../model/network-requests.ts';
import { STOP_TIMEOUT_MS } from '../model/time-limits.ts';
import { USER_DATA_MAX_BYTES } from '../model/user-data.ts';

/**
 * Shapes of request bodies. What a value means (an address in the pool, a size above the image's) is the planner's to
 * judge; here it is only of the right kind. Unknown keys are refused: a misspelt option must not be ignored. Every text and every list has
 * its most: far above what the planner lets through, whose words are better.
 */
const word = z.string().max(1000);
/** PATH_MAX is half of it; a URL that is signed has some thousand characters. */
const place = z.string().max(8192);
/** The longest RSA key that OpenSSH makes has 2,800, its options and comment in front and behind. */
const sshKeys = z.array(z.string().max(16_384)).max(1000);

/** The words of whoever looks into it, which cannot count what never comes this far. */
const tooMuchUserData = (bytesOf: (text: string) => number) => ({
  error: ({ input }: { input?: unknown }) =>
    `must be at most ${USER_DATA_MAX_BYTES / MIB}MiB: this has ${bytesOf(String(input))} bytes`,
});
const userDataText = z.string().max(USER_DATA_MAX_BYTES, tooMuchUserData(Buffer.byteLength));
/** In groups of four: a byte or two more are left to be told by whoever unpacks it. */
const userDataBase64 = z.string().max(
  4 * Math.ceil(USER_DATA_MAX_BYTES / 3),
  tooMuchUserData((text) => (text.length / 4) * 3 - (text.endsWith('==') ? 2 : Number(text.endsWith('=')))),
);

const publishedPort = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  hostAddress: word.nullable(),
  hostPort: z.int().min(1).max(65535),
  guestPort: z.int().min(1).max(65535),
});
const publish = z.array(publishedPort).max(1024);

const diskCache = z.enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe']);
const watchdog = z.enum(['reset', 'shutdown', 'poweroff', 'pause', 'inject-nmi', 'none']);
const restartPolicy = z.enum(['no', 'on-failure', 'always']);

export const createGuestSchema = z
  .strictObject({
    name: word,
    image: place.optional(),
    checksum: word.optional(),
    iso: place.optional(),
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
    cpu: word.optional(),
    accel: z.enum(['auto', 'kvm', 'tcg']).optional(),
    boot: z.strictObject({ order: word.optional(), once: word.optional() }).optional(),
    keymap: word.optional(),
    watchdog: watchdog.optional(),
    restartPolicy: restartPolicy.optional(),
    startWithHost: z.boolean().optional(),
    sshKeys: sshKeys.optional(),
    userData: userDataText.optional(),
    userDataBase64: userDataBase64.optional(),
    link: z.literal('nat', 'must be nat: routed and bridged links are not built yet').optional(),
    mac: word.optional(),
    ipv4: word.optional(),
    ipv6: word.optional(),
    publish: publish.optional(),
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
    iso: place.nullable().optional(),
    boot: z.strictObject({ order: word.optional(), once: word.nullable().optional() }).optional(),
    publish: publish.optional(),
    maxConnections: z.number().nullable().optional(),
    sshKeys: sshKeys.optional(),
    dryRun: z.boolean().optional(),
  })
  .openapi('ChangeGuest');

export const controlSchema = z
  .strictObject({
    timeoutMs: z.int().min(STOP_TIMEOUT_MS.min).max(STOP_TIMEOUT_MS.max).optional(),
    wait: z.boolean().optional(),
  })
  .openapi('ControlGuest');

export const execGuestSchema = z
  .strictObject({
    command: z.array(z.string().max(EXEC_MAX_CHARACTERS)).min(1).max(10_000),
    user: word.optional(),
    cwd: place.optional(),
    env: boundedRecord(word, z.string().max(EXEC_MAX_CHARACTERS), 1000).optional(),
    stdin: z.boolean().optional(),
  })
  .openapi('ExecGuest');

export const setPasswordSchema = z
  .strictObject({ user: word.optional(), password: word.optional() })
  .openapi('SetPassword');

const imageName = word.regex(IMAGE_NAME, `must be ${IMAGE_NAME_RULE}`);

export const buildImageSchema = z
  .strictObject({ name: imageName, rebuild: z.boolean().optional() })
  .openapi('BuildImage');

export const importImageSchema = z
  .strictObject({
    name: imageName,
    source: place.regex(/^(\/|[hH][tT][tT][pP][sS]?:\/\/)/, 'must be an absolute path or an http(s) URL'),
    checksum: word.optional(),
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
  .strictObject({ token: word, connection, fromConsole: z.boolean().optional() })
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
