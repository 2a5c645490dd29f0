/**
 * Calls back with what is dropped anywhere on the page. While files are dragged over it, the body's class is
 * `dropping`.
 */
export function onDropped(callback: (transfer: DataTransfer) => void): void {
  const dropping = (on: boolean) => document.body.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    dropping(event.dataTransfer?.types.includes('Files') ?? false);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) dropping(false);
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    dropping(false);
    if (event.dataTransfer) callback(event.dataTransfer);
  });
}

/** Calls back with what is dropped or pasted anywhere on the page. */
export function onDroppedOrPasted(callback: (transfer: DataTransfer) => void): void {
  onDropped(callback);
  document.addEventListener('paste', ({ clipboardData }) => {
    if (clipboardData) callback(clipboardData);
  });
}
