import './toolbar.css';
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { Choice } from '../../base/Choice.js';
import type { Inspector, Mode } from '../inspector.js';
import type { Subject } from '../subject.js';
import { FilePicker } from './FilePicker.js';

/** Above the drawing: whose it is, where in it one is, and which of its two sides is shown. */
export function Toolbar({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  return (
    <div class="toolbar">
      <Breadcrumb inspector={inspector} subject={subject} />
      <ModeChoice inspector={inspector} subject={subject} />
      <FilePicker inspector={inspector} id="other-file" label="Open another" />
    </div>
  );
}

function Breadcrumb({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const path = subject.path.value;
  const isRun = inspector.mode.value === 'run';
  return (
    <nav class="breadcrumb" aria-label="Where you are">
      <ol>
        {path.map(({ at, view }, depth) => {
          const title = depth === 0 ? subject.files.name : view.graph.title;
          const isLast = depth === path.length - 1;
          return (
            <li key={at}>
              {isLast ? (
                <strong aria-current="location">{title}</strong>
              ) : (
                <button class="quiet" type="button" onClick={() => subject.leaveTo(depth)}>
                  {title}
                </button>
              )}
            </li>
          );
        })}
      </ol>
      {isRun && <span class="hint">as the engine runs it</span>}
    </nav>
  );
}

function ModeChoice({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const chosen = useSignal<Mode>(inspector.mode.value);
  const report = subject.report.value;
  const canRun = useComputed(() => subject.report.value?.supported === true);
  // What is chosen takes a while to be shown, and may fail.
  useSignalEffect(() => {
    const wanted = chosen.value;
    if (wanted === inspector.mode.peek()) return;
    void inspector.showMode(wanted).then(() => (chosen.value = inspector.mode.peek()));
  });
  useSignalEffect(() => {
    chosen.value = inspector.mode.value;
  });
  return (
    <Choice
      legend="Which nodes"
      hideLegend
      chosen={chosen}
      options={[
        { value: 'file', label: 'As in the file' },
        {
          value: 'run',
          label: 'As it runs',
          hint: report && !report.supported ? 'Not all of it can be run' : 'After optimisation',
          disabled: !canRun.value,
        },
      ]}
    />
  );
}
