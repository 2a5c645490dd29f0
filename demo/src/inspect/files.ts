/** Calls back with files that are dropped or pasted anywhere on the page. Gives back what ends that. */
export function onFiles(callback: (files: File[]) => void): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const dragging = (on: boolean) => document.body.classList.toggle('dragging', on);
  const pass = (files: FileList | undefined) => {
    if (files?.length) callback([...files]);
  };
  document.addEventListener(
    'dragover',
    (event) => {
      event.preventDefault();
      dragging(true);
    },
    { signal },
  );
  document.addEventListener('dragleave', ({ relatedTarget }) => dragging(relatedTarget !== null), {
    signal,
  });
  document.addEventListener(
    'drop',
    (event) => {
      event.preventDefault();
      dragging(false);
      pass(event.dataTransfer?.files);
    },
    { signal },
  );
  document.addEventListener('paste', ({ clipboardData }) => pass(clipboardData?.files), { signal });
  return () => abort.abort();
}
