import '../../base/file-fields.css';
import './input-panel.css';
import type { Workbench } from '../workbench.js';
import { picturesIn } from '../../pictures/dropped-files.js';

/** Where pictures come from: picked here, dropped or pasted anywhere on the page. */
export function InputPanel({ bench }: { bench: Workbench }) {
  return (
    <section class="card panel" aria-labelledby="input-title">
      <h2 id="input-title">Your picture</h2>
      <label class="drop" for="picture-file">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 16v3.5h16V16M12 15V4M7.5 8.5 12 4l4.5 4.5" />
        </svg>
        <strong>Choose pictures</strong>
        <span>or drop or paste them anywhere</span>
      </label>
      <input
        id="picture-file"
        class="unseen"
        type="file"
        accept="image/*,.heic,.heif"
        multiple
        onChange={({ currentTarget }) => takeFrom(currentTarget, (files) => bench.take(files))}
      />
      <div class="row links">
        <label class="as-link" for="picture-folder">
          A whole folder
        </label>
        <input
          id="picture-folder"
          class="unseen"
          type="file"
          multiple
          {...{ webkitdirectory: true }}
          onChange={({ currentTarget }) =>
            takeFrom(currentTarget, (files) => bench.take(picturesIn(files)))
          }
        />
        <button class="quiet" type="button" onClick={() => bench.takeSample()}>
          The sample
        </button>
      </div>
    </section>
  );
}

function takeFrom(input: HTMLInputElement, take: (files: File[]) => void): void {
  const files = [...(input.files ?? [])];
  // So that choosing the same file again is a change.
  input.value = '';
  if (files.length > 0) take(files);
}
