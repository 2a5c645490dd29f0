import './quantize.css';
import { useEffect, useRef } from 'preact/hooks';
import { Busy } from '../base/Busy.js';
import { ErrorBox } from '../base/ErrorBox.js';
import { Masthead } from '../base/Masthead.js';
import { ModelPicker } from '../base/model-choice/ModelPicker.js';
import { forgetSettings } from '../base/settings.js';
import { PicturePanel } from './choosing/PicturePanel.js';
import { SettingsPanel } from './choosing/SettingsPanel.js';
import { Comparison } from './comparing/Comparison.js';
import { LayerTable } from './layers/LayerTable.js';
import { model } from './preferences.js';
import type { Quantised, Quantiser } from './quantiser.js';
import { Summary } from './results/Summary.js';

export function App({ quantiser }: { quantiser: Quantiser }) {
  const quantised = quantiser.quantised.value;
  return (
    <>
      <Masthead current="quantize.html" />
      <main>
        <div class="panels">
          <section class="card panel" aria-labelledby="model-title">
            <h2 id="model-title">Your model</h2>
            <ModelPicker choice={model} legend="Which one" />
          </section>
          <PicturePanel quantiser={quantiser} />
          <SettingsPanel quantiser={quantiser} />
          <p class="hint forget">
            This page remembers your choices in this browser, and no pictures.{' '}
            <button class="quiet" type="button" onClick={forgetSettings}>
              Forget my choices
            </button>
          </p>
        </div>
        <div class="results">
          <Errors quantiser={quantiser} />
          {quantised ? <Results quantiser={quantiser} quantised={quantised} /> : <Start />}
        </div>
        <Busy activity={quantiser.activity.value} onCancel={() => quantiser.cancel()} />
      </main>
    </>
  );
}

/** Come into view: on a phone they are below what they are of. */
function Errors({ quantiser }: { quantiser: Quantiser }) {
  const place = useRef<HTMLDivElement>(null);
  const errors = quantiser.errors.value;
  useEffect(() => {
    if (errors.length > 0) place.current!.scrollIntoView({ block: 'nearest' });
  }, [errors]);
  return (
    <div ref={place}>
      <ErrorBox errors={errors} onClose={() => quantiser.closeErrors()} />
    </div>
  );
}

/** What is shown while nothing was made yet. */
function Start() {
  return (
    <section class="card start" aria-labelledby="start-title">
      <h2 id="start-title">Make a model smaller and faster</h2>
      <p>
        A model computes with numbers of 32 bits. Most of them do as well with 8: it is quantised.
        The file becomes smaller, and each picture takes less time.
      </p>
      <ol>
        <li>Choose a model that works on pictures.</li>
        <li>
          Add a few pictures such as it is for. From them it learns how large its numbers become.
        </li>
        <li>Say how much may be lost. Layers for which that is too little stay as they are.</li>
      </ol>
      <p class="hint">
        You get an ONNX file that runs here and elsewhere, and see what each layer loses and gains.
        Model and pictures stay on this machine.
      </p>
    </section>
  );
}

function Results({ quantiser, quantised }: { quantiser: Quantiser; quantised: Quantised }) {
  return (
    <>
      <Summary quantised={quantised} compared={quantiser.compared.value} />
      <Comparison quantiser={quantiser} quantised={quantised} />
      <LayerTable quantiser={quantiser} quantised={quantised} />
    </>
  );
}
