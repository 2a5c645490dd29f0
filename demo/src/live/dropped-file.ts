/** Calls back with a file that is dropped anywhere on the page. */
export function onDroppedFile(callback: (file: File) => void): void {
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
    const [file] = event.dataTransfer?.files ?? [];
    if (file) callback(file);
  });
}
