import type { Image } from './image.ts';

/** What a build or an import hands to the store: the image's file is in its place and complete. */
export type BuiltImage = Omit<Image, 'name' | 'createdAtMs'>;
