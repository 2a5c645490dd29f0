import './toolbar.css';
import { Choice } from '../../base/Choice.js';
import type { Inspector } from '../inspector.js';
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
  const report = subject.report.value;
  const canRun = report?.supported === true;
  return (
    <Choice
      legend="Which nodes"
      hideLegend
      chosen={inspector.wantedMode}
      options={[
        { value: 'file', label: 'As in the file' },
        {
          value: 'run',
          label: 'As it runs',
          hint: report && !canRun ? 'Not all of it can be run' : 'After optimisation',
          disabled: !canRun,
        },
      ]}
    />
  );
}
