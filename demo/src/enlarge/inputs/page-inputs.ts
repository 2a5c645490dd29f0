import { filesOf } from './dropped-files.js';

/** Calls back with all files that are dropped or pasted anywhere on the page at once. */
export function onFiles(callback: (files: File[]) => void): void {
  const dragging = (on: boolean) => document.body.classList.toggle('dropping', on);
  const pass = (transfer: DataTransfer | null) =>
    filesOf(transfer).then(callback, (error: unknown) => reportError(error));
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    dragging(event.dataTransfer?.types.includes('Files') ?? false);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => dragging(relatedTarget !== null));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    dragging(false);
    if (event.dataTransfer?.types.includes('Files')) void pass(event.dataTransfer);
  });
  document.addEventListener('paste', ({ clipboardData }) => {
    // Text that is pasted into a field is no picture.
    if (clipboardData?.types.includes('Files')) void pass(clipboardData);
  });
}
