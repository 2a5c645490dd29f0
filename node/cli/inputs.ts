// Which pictures are meant by files, folders and globs.

import { lstatSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { escapePath, glob, isDynamicPattern } from 'tinyglobby';

/** Standard input and output. */
export const standard = '-';

/** What files of folders and globs are taken for pictures by. */
const pictureExtensions = ['.avif', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'];

/** A file to be read. */
export interface FoundPicture {
  /** Its path, or `-`. */
  input: string;
  /** Where it lies below the folder that was named: what is kept of its path in the output folder. */
  relative: string;
}

export interface Found {
  pictures: FoundPicture[];
  /** Inputs that stand for no picture, and why. */
  missing: { input: string; message: string }[];
  /** Whether exactly one file was named, so that the output may be a file. */
  single: boolean;
}

/**
 * Finds the pictures. Folders are searched through, links in them not followed, nothing hidden; what
 * lies in the output folder counts as a result. A picture that is meant twice is found once.
 */
export async function findPictures(inputs: readonly string[], output: string): Promise<Found> {
  const pictures = new Map<string, FoundPicture>();
  const missing: Found['missing'] = [];
  for (const input of inputs) {
    const found = await picturesOf(input, output);
    if (typeof found === 'string') missing.push({ input, message: found });
    else for (const each of found) pictures.set(resolve(each.input), each);
  }
  const [first] = inputs;
  const single = inputs.length === 1 && (first === standard || isFile(first!));
  return { pictures: [...pictures.values()], missing, single };
}

/** An input's pictures, or why there are none. */
async function picturesOf(input: string, output: string): Promise<FoundPicture[] | string> {
  if (input === standard) return [{ input, relative: 'stdin' }];
  if (isFile(input)) return [{ input, relative: basename(input) }];
  if (isFolder(input)) {
    const found = await search(input, '**/*', output);
    return found.length > 0
      ? found
      : `the folder has no pictures (${pictureExtensions.join(', ')})`;
  }
  if (!isDynamicPattern(input)) return 'there is no such file or folder';
  const { folder, pattern } = dividedGlob(input);
  const found = isFolder(folder) ? await search(folder, pattern, output) : [];
  return found.length > 0 ? found : 'no picture has such a name';
}

async function search(folder: string, pattern: string, output: string): Promise<FoundPicture[]> {
  const results = relative(resolve(folder), resolve(output));
  // Of a folder that is enlarged into itself everything is taken; files that exist are told of later.
  const isInside = results !== '' && !results.startsWith('..');
  const files = await glob(pattern, {
    cwd: folder,
    followSymbolicLinks: false,
    expandDirectories: false,
    ignore: isInside ? [`${escapePath(results.replaceAll('\\', '/'))}/**`] : [],
  });
  return files
    .filter((file) => pictureExtensions.includes(extname(file).toLowerCase()))
    .sort()
    .map((file) => ({ input: join(folder, file), relative: file }));
}

/** A glob as the folder that it begins with and the rest. */
function dividedGlob(input: string): { folder: string; pattern: string } {
  let folder = input;
  do folder = dirname(folder);
  while (isDynamicPattern(folder));
  const start = folder === '.' && !input.startsWith('./') ? '' : folder.replace(/\/*$/, '/');
  return { folder, pattern: input.slice(start.length) };
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Whether there is anything of that name, a broken link included. */
export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
