import './app.css';
import { Busy } from '../base/Busy.js';
import { ErrorBox } from '../base/ErrorBox.js';
import { Masthead } from '../base/Masthead.js';
import { GraphCanvas } from './canvas/GraphCanvas.js';
import type { Inspector } from './inspector.js';
import { lookIn, portTarget, spokenPart } from './looks.js';
import { PartPanel } from './panels/PartPanel.js';
import { ModelPanel } from './panels/ModelPanel.js';
import { RunPanel } from './panels/RunPanel.js';
import { SearchPanel } from './panels/SearchPanel.js';
import { StartScreen } from './panels/StartScreen.js';
import { Tabs } from './panels/Tabs.js';
import { TensorView } from './panels/TensorView.js';
import { Toolbar } from './panels/Toolbar.js';
import type { Subject } from './subject.js';
import type { GraphView } from './view.js';

export function App({ inspector }: { inspector: Inspector }) {
  const subject = inspector.subject.value;
  const view = inspector.view.value;
  const busy = inspector.busy.value;
  return (
    <>
      <Masthead current="inspect.html" />
      <main class="inspect">
        <ErrorBox errors={inspector.errors.value} onClose={() => inspector.closeErrors()} />
        {subject && view ? (
          <Workbench inspector={inspector} subject={subject} view={view} />
        ) : (
          <StartScreen inspector={inspector} />
        )}
        <Busy activity={busy} onCancel={() => inspector.cancel()} />
      </main>
    </>
  );
}

function Workbench({
  inspector,
  subject,
  view,
}: {
  inspector: Inspector;
  subject: Subject;
  view: GraphView;
}) {
  const watched = inspector.watching.watched.value;
  return (
    <>
      <Toolbar key={subject} inspector={inspector} subject={subject} />
      <div class="workbench">
        <SearchPanel key={view} inspector={inspector} view={view} />
        <section class="graph-card card" aria-label="Drawing">
          <GraphCanvas
            key={view}
            view={view}
            look={(box) => lookIn(inspector, view, box)}
            spoken={spokenPart(inspector, view)}
            onPort={(box) => void inspector.reveal(portTarget(view, box))}
          />
        </section>
        <Panel inspector={inspector} subject={subject} view={view} />
      </div>
      {watched && <TensorView watching={inspector.watching} watched={watched} />}
    </>
  );
}

function Panel({
  inspector,
  subject,
  view,
}: {
  inspector: Inspector;
  subject: Subject;
  view: GraphView;
}) {
  return (
    <Tabs
      label="What is known"
      chosen={inspector.tab}
      tabs={[
        {
          value: 'part',
          title: 'Chosen part',
          content: () => <PartPanel inspector={inspector} subject={subject} view={view} />,
        },
        {
          value: 'model',
          title: 'Model',
          content: () => <ModelPanel inspector={inspector} subject={subject} />,
        },
        {
          value: 'run',
          title: 'Run it',
          content: () => <RunPanel inspector={inspector} subject={subject} />,
        },
      ]}
    />
  );
}
