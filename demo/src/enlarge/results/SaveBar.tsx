import './save-bar.css';
import { useSignal } from '@preact/signals';
import { fileSize } from '../../base/file-size.js';
import { saveFile } from '../../saving/save-file.js';
import { copyPicture, encodeResult, formats, type FileType } from '../../saving/save-picture.js';
import type { Enlarged } from '../making/enlarge.js';
import { fileType, quality } from '../preferences.js';
import type { Workbench } from '../workbench.js';
import { fileName } from './file-name.js';

/** Saves the result in the format that is chosen, or copies it. */
export function SaveBar({ bench, isBusy }: { bench: Workbench; isBusy: boolean }) {
  const isWriting = useSignal(false);
  const enlarged = bench.enlarged.value;
  const isPngOnly = enlarged !== undefined && !enlarged.result.canvas;
  const type = isPngOnly ? 'image/png' : fileType.value;
  const isIdle = enlarged !== undefined && !isBusy && !isWriting.value;
  const write = async (use: (file: Promise<Blob>, enlarged: Enlarged) => Promise<string>) => {
    isWriting.value = true;
    bench.errors.value = [];
    try {
      bench.status.value = await use(encoded(bench, enlarged!, type), enlarged!);
    } catch (error) {
      bench.errors.value = [error];
    }
    isWriting.value = false;
  };
  return (
    <div class="save-bar" data-state={isIdle ? 'ready' : 'waiting'}>
      <select
        aria-label="File format"
        value={type}
        disabled={isPngOnly}
        title={isPngOnly ? 'Only PNG files can be this large' : undefined}
        onChange={({ currentTarget }) => (fileType.value = currentTarget.value as FileType)}
      >
        {Object.entries(formats).map(([value, { title }]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
      {type !== 'image/png' && <Quality />}
      <button
        type="button"
        disabled={!isIdle}
        onClick={() => void write((file) => copyPicture(file).then(() => 'Copied.'))}
      >
        Copy
      </button>
      <button
        class="primary"
        type="button"
        disabled={!isIdle}
        onClick={() =>
          void write(async (file, { result }) => {
            const name = `${fileName(bench.picture.value!, result)}.${formats[type].ending}`;
            const blob = await file;
            saveFile(blob, name);
            return `Saved as ${name} (${fileSize(blob.size)}).`;
          })
        }
      >
        Save as {formats[type].title}
      </button>
    </div>
  );
}

function Quality() {
  return (
    <label class="row quality">
      <span>Quality</span>
      <input
        type="range"
        min="1"
        max="100"
        value={quality.value}
        onInput={({ currentTarget }) => (quality.value = currentTarget.valueAsNumber)}
      />
      <span class="figure">{quality.value}</span>
    </label>
  );
}

function encoded(bench: Workbench, { result }: Enlarged, type: FileType): Promise<Blob> {
  return encodeResult(result, { type, quality: quality.value / 100 }, bench.picture.value?.file);
}
