import './start-screen.css';
import { ownNetworks, type OwnNetwork } from '../../base/model-choice/networks.js';
import type { Inspector } from '../inspector.js';
import { FilePicker } from './FilePicker.js';

/** What is shown while there is no model. */
export function StartScreen({ inspector }: { inspector: Inspector }) {
  return (
    <section class="start-screen card" aria-labelledby="start-title">
      <h2 id="start-title">See what a model is made of</h2>
      <p class="hint">
        A model is a long recipe of small calculations. Here you see them as a drawing: what each
        one does, the numbers it has learned, how long it takes, and what it makes of a picture.
      </p>
      <div class="start-drop">
        <FilePicker inspector={inspector} id="start-file" label="Choose a model" primary />
        <p class="hint">
          or drop an .onnx file anywhere here; with the files of its weights, if it has such. It is
          not sent anywhere.
        </p>
      </div>
      <p class="hint">No model at hand? These are the ones this site makes pictures larger with:</p>
      <div class="row">
        {Object.entries(ownNetworks).map(([kind, { title }]) => (
          <button
            key={kind}
            type="button"
            onClick={() => void inspector.openOwn(kind as OwnNetwork)}
          >
            {title}
          </button>
        ))}
      </div>
    </section>
  );
}
