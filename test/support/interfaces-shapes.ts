import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { INTERFACES } from './interfaces-corpus.ts';

const DIRECTORY = join(import.meta.dirname, '../corpus/interfaces-shapes');

export interface InterfacesShape {
  /** `gateways/pointopoint` */
  name: string;
  files: { path: string; text: string }[];
}

/** Short interfaces files by the class of what is tried in them: a file of the directory each, `=== NAME` above every shape. */
export function readInterfacesShapes(): InterfacesShape[] {
  return readdirSync(DIRECTORY)
    .sort()
    .flatMap((file) => {
      const parts = readFileSync(join(DIRECTORY, file), 'utf8').split(/^=== (.*)\n/m);
      return parts.slice(1).flatMap((name, index, all) => {
        const text = all[index + 1] ?? '';
        return index % 2 === 1
          ? []
          : [{ name: `${basename(file, '.txt')}/${name}`, files: [{ path: INTERFACES, text }] }];
      });
    });
}
