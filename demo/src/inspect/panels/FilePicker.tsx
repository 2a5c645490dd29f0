import '../../base/file-fields.css';
import './file-picker.css';
import type { Inspector } from '../inspector.js';

/** A button that lets people choose files: models, their weights, pictures. */
export function FilePicker({
  inspector,
  id,
  label,
  primary = false,
}: {
  inspector: Inspector;
  id: string;
  label: string;
  primary?: boolean;
}) {
  return (
    <span class="file-picker">
      <input
        id={id}
        class="unseen"
        type="file"
        multiple
        onChange={({ currentTarget }) => {
          void inspector.take([...(currentTarget.files ?? [])]);
          // So that choosing the same file again is a change.
          currentTarget.value = '';
        }}
      />
      <label for={id} class={primary ? 'as-button primary' : 'as-button'}>
        {label}
      </label>
    </span>
  );
}
