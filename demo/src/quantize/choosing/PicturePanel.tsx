import '../../base/file-fields.css';
import './picture-panel.css';
import type { Quantiser } from '../quantiser.js';

/** The pictures that the model learns from: picked here, dropped or pasted anywhere on the page. */
export function PicturePanel({ quantiser }: { quantiser: Quantiser }) {
  const pictures = quantiser.pictures.value;
  return (
    <section class="card panel" aria-labelledby="pictures-title">
      <h2 id="pictures-title">Pictures to learn from</h2>
      <input
        id="picture-file"
        class="unseen"
        type="file"
        accept="image/*,.heic,.heif"
        multiple
        onChange={({ currentTarget }) => {
          void quantiser.take([...(currentTarget.files ?? [])]);
          // So that choosing the same file again is a change.
          currentTarget.value = '';
        }}
      />
      <label class="drop" for="picture-file">
        <strong>Choose pictures</strong>
        <span>or drop or paste them anywhere: four or more, such as the model is for</span>
      </label>
      {pictures.length > 0 && (
        <ul class="thumbs" aria-label="Chosen pictures">
          {pictures.map((picture) => (
            <li key={picture.url}>
              <img src={picture.url} alt={picture.name} title={picture.name} />
              <button
                type="button"
                aria-label={`Leave out ${picture.name}`}
                onClick={() => quantiser.remove(picture)}
              >
                <svg viewBox="0 0 16 16" aria-hidden="true">
                  <path d="M4 4l8 8M12 4l-8 8" />
                </svg>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div>
        <button class="quiet" type="button" onClick={() => void quantiser.takeSamples()}>
          Take the samples
        </button>
      </div>
    </section>
  );
}
