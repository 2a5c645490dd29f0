// Files into one ZIP, which is written while it is made.

import { makeZip } from 'client-zip';
import { PlainError } from '../base/messages.js';
import { saveFile } from '../saving/save-file.js';
import type { Made } from './batch.js';

/** Browsers that let pages write a file that the user names (File System Access). */
interface SavePicker {
  showSaveFilePicker?: (options: {
    suggestedName: string;
    types: readonly { description: string; accept: Record<string, readonly string[]> }[];
  }) => Promise<FileSystemFileHandle>;
}

const type = 'application/zip';

/**
 * Saves files as one ZIP: where the browser can, straight to where the user wants it, so that it needs no memory.
 *
 * @returns whether it was saved: the user may think better of it
 * @throws PlainError
 */
export async function saveZip(files: Iterable<Made>, name: string): Promise<boolean> {
  const picker = (window as SavePicker).showSaveFilePicker;
  try {
    if (!picker) {
      const zip = new Response(zipOf(files), { headers: { 'Content-Type': type } });
      saveFile(await zip.blob(), name);
      return true;
    }
    const types = [{ description: 'ZIP archive', accept: { [type]: ['.zip'] } }];
    const handle = await pick(() => picker.call(window, { suggestedName: name, types }));
    if (handle) await zipOf(files).pipeTo(await handle.createWritable());
    return handle !== undefined;
  } catch (cause) {
    const message =
      'Perhaps there is too little room on the disk, or the folder does not allow it. ' +
      'Try another folder, or save the pictures one by one.';
    throw new PlainError('The ZIP file was not saved.', message, { cause });
  }
}

async function pick(
  ask: () => Promise<FileSystemFileHandle>,
): Promise<FileSystemFileHandle | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}

function zipOf(files: Iterable<Made>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return makeZip(inputsOf(files)) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

function* inputsOf(files: Iterable<Made>) {
  const lastModified = new Date();
  for (const { name, blob } of withUniqueNames(files)) yield { name, input: blob, lastModified };
}

/** Names no two of which differ in case alone, since many disks know no case: `a.png`, `A (2).png`. */
export function* withUniqueNames<T extends { name: string }>(files: Iterable<T>): Generator<T> {
  const taken = new Set<string>();
  for (const file of files) {
    const [stem, ending] = splitEnding(file.name);
    let { name } = file;
    for (let number = 2; taken.has(name.toLowerCase()); ++number) {
      name = `${stem} (${number})${ending}`;
    }
    taken.add(name.toLowerCase());
    yield { ...file, name };
  }
}

/** A file's name before its last dot, and what follows. */
function splitEnding(name: string): [stem: string, ending: string] {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}
