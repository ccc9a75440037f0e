import { rm } from 'node:fs/promises';
import type { Caller } from '../../base/caller.ts';
import {
  explainError,
  fromErrorBody,
  isLodgeError,
  LodgeError,
  type Problem,
  validationError,
} from '../../base/errors.ts';
import { observeDiskSpace } from '../../host/disk-space.ts';
import { makeDirectory, removeTree } from '../../host/files.ts';
import { observeMount } from '../../host/mount.ts';
import { buildDebianImage } from '../../install/build-debian.ts';
import { importImage, lookAtImport } from '../../install/import-image.ts';
import type { BuiltImage } from '../../model/built-image.ts';
import { FILES } from '../../model/file-modes.ts';
import {
  BUILDABLE_IMAGES,
  type Image,
  type ImageListing,
  type ImageRow,
  type ImportImage,
  isBuildableImage,
} from '../../model/image.ts';
import type { Layout } from '../../model/layout.ts';
import type { Operation } from '../../model/operation.ts';
import type { SetupPlan } from '../../model/setup.ts';
import { spaceProblem, spaceToBuild, spaceToImport } from '../../plan/build-space.ts';
import { planImage } from '../../plan/image-steps.ts';
import { mountProblem } from '../../plan/state-mount.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../event-log.ts';
import type { Operations } from '../operations/operations.ts';
import type { StepContext, StepRunner } from '../operations/step.ts';
import { isSameImport } from './find-imported.ts';

/** Setting of the store. */
const LAST_BUILD = 'images.last-build-ms';

/** What an image is made from: the input of its operation. */
export type ImageSource =
  | { way: 'build' }
  | {
      way: 'import';
      source: string;
      checksum: string | null;
      identity: 'nocloud' | 'none' | null;
      /** Of the file as it was looked at; absent in what an older Lodge has begun. */
      mark?: string | null;
      /** What it takes on the disk, likewise. */
      storedBytes?: number;
      /** Who named the file: it is opened with his rights. Absent likewise, and then root. */
      caller?: Caller;
    };

/** Where an image is made, and who hears of it. */
interface Work {
  imagesDir: string;
  workDir: string;
  signal: AbortSignal;
  onProgress(detail: string): void;
}

interface ImageWorksInput {
  store: Store;
  layout: Layout;
  events: EventLog;
  operations: Operations;
  /** What `lodge setup` would do now. */
  setupPlan: () => Promise<SetupPlan>;
}

/** The images of this host: made once, shared by their guests, never removed from under them. */
export class ImageWorks {
  readonly #input: ImageWorksInput;

  constructor(input: ImageWorksInput) {
    this.#input = input;
  }

  find(name: string): Image | null {
    return this.#input.store.images.find(name);
  }

  /** @throws IMAGE_NOT_FOUND */
  require(name: string): Image {
    const image = this.find(name);
    if (image !== null) return image;
    const hint = isBuildableImage(name) ? `lodge image build ${name}` : 'lodge image ls';
    throw new LodgeError('IMAGE_NOT_FOUND', `there is no image ${name}`, { hint });
  }

  list(): ImageListing {
    const images = this.#input.store.images.list();
    const names = new Set(images.map(({ name }) => name));
    return {
      images: images.map((image) => this.row(image)),
      buildable: Object.keys(BUILDABLE_IMAGES).filter((name) => !names.has(name)),
    };
  }

  /** Those that came from a file or a URL. */
  imported(): Image[] {
    return this.#input.store.images.list().filter(({ origin }) => /^(\/|https?:)/.test(origin));
  }

  /** A file that was found to hold what the image holds is known by its mark from now on. */
  noteImported(image: Image, { file, mark, checksum }: { file: string; mark: string; checksum: string | null }): void {
    if (image.origin !== file || (image.imported?.mark === mark && checksum === null)) return;
    const imported = { mark, checksum: checksum ?? image.imported?.checksum ?? null };
    this.#input.store.images.put({ ...image, imported });
  }

  row(image: Image): ImageRow {
    return { ...image, usedBy: this.#usersOf(image.name) };
  }

  /**
   * Begins to make an image, or joins the work that already makes it: two builds at once make one.
   * @throws IMAGE_EXISTS, IMAGE_IN_USE, IMAGE_NOT_FOUND, VALIDATION_FAILED: before anything is begun
   */
  async make(name: string, source: ImageSource, rebuild = false): Promise<{ operation: Operation; joined: boolean }> {
    if (source.way === 'build' && !isBuildableImage(name)) throw unbuildable(name);
    const problems = await this.spaceProblems(name, source);
    const { actions, problems: setupProblems } = await this.#input.setupPlan();
    problems.push(...setupProblems);
    const active = this.#input.operations.activeFor('image', name);
    if (active !== null && active.state !== 'undoing') return { operation: active, joined: true };
    if (this.find(name) !== null) {
      if (!rebuild)
        throw new LodgeError('IMAGE_EXISTS', `there is an image ${name} already`, { hint: `lodge image show ${name}` });
      this.#refuseInUse(name);
    }
    if (problems.length > 0) throw refusal(name, source, problems);
    const plan = planImage(name, source.way, actions, this.lastBuildMs());
    const kind = source.way === 'build' ? 'image.build' : 'image.import';
    return { operation: this.#input.operations.begin(kind, name, source, plan), joined: false };
  }

  /** How long the last build on this host took; null: there was none. */
  lastBuildMs(): number | null {
    return (this.#input.store.settings.get(LAST_BUILD) as number | null | undefined) ?? null;
  }

  /** Why the image cannot be made where images are: no room, or a mount that forbids it. One that is being made has its room. */
  async spaceProblems(name: string, source: ImageSource): Promise<Problem[]> {
    if (this.#input.operations.activeFor('image', name) !== null) return [];
    const { imagesDir } = this.#input.layout;
    const free = await observeDiskSpace(imagesDir);
    if (source.way === 'import') {
      const need = spaceToImport(source.storedBytes ?? 0);
      return spaceProblem('image', `importing ${source.source}`, need, free);
    }
    const work = `building ${name}`;
    return [
      ...mountProblem('image', work, imagesDir, await observeMount(imagesDir)),
      ...spaceProblem('image', work, spaceToBuild(), free),
    ];
  }

  /** @throws VALIDATION_FAILED and what `make` throws */
  async import(request: ImportImage, caller: Caller): Promise<{ operation: Operation; joined: boolean }> {
    const { source, checksum = null, identity = null } = request;
    if (isBuildableImage(request.name)) {
      const rule = 'must be another name: an image of this name is one that Lodge builds itself';
      throw validationError('the import', [{ path: 'name', rule, value: request.name }]);
    }
    const looked = await lookAtImport({ source, checksum }, caller);
    const there = this.find(request.name);
    if (there !== null && (await isSameImport(there, { source, checksum, identity }, caller))) {
      throw new LodgeError('IMAGE_SAME', `the image ${request.name} is there already, with this content`);
    }
    const seen = looked === null ? { mark: null } : { ...looked, caller };
    return this.make(request.name, { way: 'import', source, checksum, identity, ...seen });
  }

  /** Waits for an image that a guest needs, making it when nobody does; cancelled with the guest's own operation. */
  async ensure(name: string, source: ImageSource, context: StepContext): Promise<void> {
    if (this.find(name) !== null) return;
    const { operations } = this.#input;
    const made = await this.make(name, source).catch((error: unknown) => {
      // Another guest's operation has made it while we looked.
      if (isLodgeError(error, 'IMAGE_EXISTS')) return null;
      throw error;
    });
    if (made === null) return;
    const { operation, joined } = made;
    const unwatch = operations.watch(operation.id, (now) => {
      const line = now.steps.findLast(({ state }) => state === 'running');
      if (line !== undefined) context.detail(line.detail ?? line.title);
    });
    const cancel = () => {
      if (!joined) void operations.cancel(operation.id, 'the work that had begun it').catch(() => {});
    };
    context.signal.addEventListener('abort', cancel, { once: true });
    try {
      const ended = await Promise.race([operations.wait(operation.id), rejectWhenAborted(context.signal)]);
      if (ended.error !== null) throw fromErrorBody(ended.error);
    } finally {
      context.signal.removeEventListener('abort', cancel);
      unwatch();
    }
  }

  /** @throws IMAGE_NOT_FOUND, IMAGE_IN_USE */
  async remove(name: string): Promise<void> {
    const image = this.require(name);
    this.#refuseInUse(name);
    this.#input.store.images.remove(name);
    await rm(image.path, { force: true });
    this.#input.events.publish({ type: 'image.removed', image: name });
  }

  /** The step behind `image build` and `image import`. */
  makeStep(): StepRunner {
    return {
      run: async (context) => {
        const name = context.operation.subject;
        const work = await this.#prepare(context);
        const source = context.operation.input as ImageSource;
        const began = performance.now();
        const built = await this.#make(name, source, work);
        if (source.way === 'build') this.#input.store.settings.set(LAST_BUILD, Math.round(performance.now() - began));
        await removeTree(work.workDir);
        const image: Image = { ...built, name, createdAtMs: Date.now() };
        this.#input.store.images.put(image);
        this.#input.events.publish({ type: 'image.added', image: name });
      },
      undo: async ({ operation }) => {
        await removeTree(this.#workDir(operation.id));
        if (this.find(operation.subject) !== null) return;
        for (const format of ['raw', 'qcow2']) {
          await rm(`${this.#input.layout.imagesDir}/${operation.subject}.${format}`, { force: true });
        }
      },
    };
  }

  async #prepare({ operation, signal, detail }: StepContext): Promise<Work> {
    const workDir = this.#workDir(operation.id);
    const { imagesDir } = this.#input.layout;
    await makeDirectory(imagesDir, { mode: FILES.imagesDir.mode });
    // What a killed daemon left of the same work.
    await removeTree(workDir);
    // A tree that is built has set-user-ID programs, a download may be anything: nobody but root enters.
    await makeDirectory(workDir, { mode: FILES.imageWork.mode });
    return { imagesDir, workDir, signal, onProgress: detail };
  }

  #make(name: string, source: ImageSource, work: Work): Promise<BuiltImage> {
    if (source.way === 'import') {
      const { way: _, mark = null, storedBytes: __, ...asked } = source;
      return importImage({ name, ...asked, mark, ...work });
    }
    if (!isBuildableImage(name)) throw unbuildable(name);
    return buildDebianImage({ name, ...work });
  }

  #workDir(operationId: string): string {
    return `${this.#input.layout.imagesDir}/.work-${operationId}`;
  }

  #usersOf(image: string): string[] {
    return this.#input.store.guests
      .rows()
      .filter((row) => row.image === image)
      .map((row) => row.name);
  }

  #refuseInUse(name: string): void {
    const users = this.#usersOf(name);
    if (users.length === 0) return;
    throw new LodgeError('IMAGE_IN_USE', `the disks of ${users.join(', ')} are children of the image ${name}`, {
      hint: 'the image has to stay as long as they do; to take a guest away with its disk: lodge rm NAME',
    });
  }
}

/** A build has all its problems at once; for an import a full disk has a code of its own, which its file alone decides. */
function refusal(name: string, source: ImageSource, problems: Problem[]): LodgeError {
  const [first] = problems;
  if (source.way === 'build' || first?.path !== 'image') return validationError(`image ${name}`, problems);
  return new LodgeError('DISK_FULL', `${name} has no room: ${first.rule}`, { hint: 'df -h, then lodge image ls' });
}

function unbuildable(name: string): LodgeError {
  const known = Object.keys(BUILDABLE_IMAGES).join(' and ');
  return new LodgeError('IMAGE_NOT_FOUND', `Lodge cannot build ${name}: it builds ${known}`, {
    hint: 'to take any other disk image in: lodge image import FILE',
  });
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new LodgeError('CANCELLED', explainError(signal.reason)));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
