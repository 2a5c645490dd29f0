import { byId } from './dom.js';

/** How long a file's address stays good after its download was asked for, in milliseconds. */
const patience = 60_000;

const format = byId('format', HTMLSelectElement);

/** The type of file that results are to be saved as. */
export function chosenType(): string {
  return format.value;
}

/** Calls back with the name of the format, now and whenever it is chosen. */
export function onFormat(callback: (name: string) => void): void {
  const tell = () => callback(format.selectedOptions[0]!.text);
  format.addEventListener('change', tell);
  tell();
}

/** Has the browser save a file, named after its type. */
export function saveFile(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  const ending = blob.type.replace('image/', '').replace('jpeg', 'jpg');
  Object.assign(document.createElement('a'), { href, download: `${name}.${ending}` }).click();
  // The download begins later, and says nothing when it does.
  setTimeout(() => URL.revokeObjectURL(href), patience);
}
