/** How long a file's address stays good after its download was asked for, in milliseconds. */
const patience = 60_000;

/** Has the browser save a file by that name. */
export function saveFile(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The download begins later, and says nothing when it does.
  setTimeout(() => URL.revokeObjectURL(href), patience);
}
