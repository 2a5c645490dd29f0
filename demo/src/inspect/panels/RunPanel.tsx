import './run-panel.css';
import { Choice } from '../../base/Choice.js';
import { Facts } from '../../base/Facts.js';
import type { ModelReport } from 'fovea';
import type { Inspector } from '../inspector.js';
import { plannedInputs, type Filling, type PlannedInput } from '../running/feeds.js';
import type { Subject } from '../subject.js';
import { describe } from '../../base/messages.js';

const fillings: Record<Filling, string> = {
  picture: 'the picture',
  ones: 'all ones',
  zeros: 'all zeros',
};

/** What the model is run on, and the button that runs it. */
export function RunPanel({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const report = subject.report.value;
  if (!report) return <p class="hint">The model is still being examined …</p>;
  if (!report.supported) {
    return (
      <p class="hint">
        Some of its nodes cannot be run here. The tab “Model” lists them, and what helps.
      </p>
    );
  }
  const inputs = inputsOf(inspector, report);
  if (!Array.isArray(inputs)) return <p class="hint">{describe(inputs.error).advice}</p>;
  const takesPicture = inputs.some(({ filling }) => filling === 'picture');
  return (
    <div class="part">
      {takesPicture && <PictureSettings inspector={inspector} />}
      <Sizes inspector={inspector} subject={subject} report={report} />
      <section>
        <h3>What it is given</h3>
        <Facts
          facts={Object.fromEntries(
            inputs.map(({ name, dims, filling }) => [
              name,
              `${fillings[filling]}, ${dims.join(' × ')}`,
            ]),
          )}
        />
      </section>
      <button class="primary" type="button" onClick={() => void inspector.measure()}>
        Run and measure
      </button>
      <p class="hint">
        Each step’s time appears in the drawing. To see what a node makes, choose it and press “Show
        as pictures”.
      </p>
      <section>
        <h3>Results</h3>
        {report.outputs.map(({ name }) => (
          <button key={name} type="button" onClick={() => void inspector.watch(name)}>
            Show {name}
          </button>
        ))}
      </section>
    </div>
  );
}

function inputsOf(inspector: Inspector, report: ModelReport): PlannedInput[] | { error: unknown } {
  try {
    return plannedInputs(report, inspector.settings.sizes.value);
  } catch (error) {
    return { error };
  }
}

function PictureSettings({ inspector }: { inspector: Inspector }) {
  const { settings } = inspector;
  return (
    <>
      <div class="field">
        <label for="run-picture">Picture it is run on: {settings.pictureName.value}</label>
        <input
          id="run-picture"
          type="file"
          accept="image/*"
          onChange={({ currentTarget }) => {
            void inspector.take([...(currentTarget.files ?? [])]);
            currentTarget.value = '';
          }}
        />
      </div>
      <Choice
        legend="Black and white are"
        chosen={settings.range}
        options={[
          { value: '0..1', label: '0 and 1' },
          { value: '0..255', label: '0 and 255' },
          { value: '-1..1', label: '−1 and 1' },
        ]}
      />
    </>
  );
}

function Sizes({
  inspector,
  subject,
  report,
}: {
  inspector: Inspector;
  subject: Subject;
  report: ModelReport;
}) {
  const { sizes } = inspector.settings;
  if (report.freeDimensions.length === 0) return null;
  return (
    <fieldset class="sizes">
      <legend>Sizes that the model leaves open</legend>
      {report.freeDimensions.map(({ name, multipleOf, only }) => (
        <div key={name} class="field">
          <label for={`size-${name}`}>{name}</label>
          <input
            id={`size-${name}`}
            type="number"
            min={multipleOf}
            step={multipleOf}
            max={4096}
            disabled={only !== undefined}
            value={sizes.value[name]}
            onChange={({ currentTarget }) => {
              const size = Math.round(currentTarget.valueAsNumber / multipleOf) * multipleOf;
              const within = Math.min(4096, Math.max(multipleOf, size || 0));
              currentTarget.value = String(within);
              sizes.value = { ...sizes.value, [name]: within };
              // What was measured is of another size.
              subject.measured.value = undefined;
              inspector.showFile();
            }}
          />
        </div>
      ))}
    </fieldset>
  );
}
