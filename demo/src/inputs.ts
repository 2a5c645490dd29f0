import { byId } from './dom.js';
import { bundled, type ModelChoice } from './upscaling.js';

/** Calls back with all pictures that are chosen or pasted at once. */
export function onPictures(callback: (files: File[]) => void): void {
  const input = byId('picture-file', HTMLInputElement);
  const pass = (files: FileList | null | undefined) => {
    if (files?.length) callback([...files]);
  };
  input.addEventListener('change', () => {
    pass(input.files);
    // So that choosing the same file again is a change.
    input.value = '';
  });
  document.addEventListener('paste', ({ clipboardData }) => {
    pass(clipboardData?.files);
  });
}

/** Calls back with the files that are dropped anywhere on the page at once. */
export function onDrop(callback: (files: File[]) => void): void {
  const dragging = (on: boolean) => document.body.classList.toggle('dragging', on);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    dragging(true);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => dragging(relatedTarget !== null));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    dragging(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) callback(files);
  });
}

/** Calls back with the model that is picked. */
export function onModel(callback: (model: ModelChoice) => void): void {
  const select = byId('model', HTMLSelectElement);
  const fromFile = byId('model-from-file', HTMLDivElement);
  const fromUrl = byId('model-from-url', HTMLFormElement);
  select.addEventListener('change', () => {
    fromFile.hidden = select.value !== 'file';
    fromUrl.hidden = select.value !== 'url';
    if (select.value in bundled) callback(bundled[select.value as keyof typeof bundled]);
  });
  byId('model-file', HTMLInputElement).addEventListener('change', ({ target }) => {
    const file = (target as HTMLInputElement).files?.[0];
    if (file) callback({ title: file.name, source: file });
  });
  fromUrl.addEventListener('submit', (event) => {
    event.preventDefault();
    const { value } = byId('model-url', HTMLInputElement);
    callback({ title: value.split('/').at(-1) || value, source: value });
  });
}

/** Picks a file as if it had been chosen in the page's own field. */
export function pickModelFile(file: File): void {
  const select = byId('model', HTMLSelectElement);
  select.value = 'file';
  select.dispatchEvent(new Event('change'));
  const input = byId('model-file', HTMLInputElement);
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  input.dispatchEvent(new Event('change'));
}
