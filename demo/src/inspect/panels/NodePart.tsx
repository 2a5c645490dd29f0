import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Facts } from '../../base/Facts.js';
import type { FileView } from '../file-view.js';
import type { Inspector } from '../inspector.js';
import { inWords, milliseconds } from '../labels.js';
import type { NodeDetails } from '../reader.worker.js';
import { adviceFor } from '../problems.js';
import type { Subject } from '../subject.js';
import type { GraphView } from '../view.js';
import { shareOf } from './PartPanel.js';
import { ValueList } from './ValueList.js';
import { ValueFacts } from './ValueFacts.js';

interface Props {
  inspector: Inspector;
  subject: Subject;
  view: GraphView;
  id: number;
}

/** A node, of the file or as it runs. */
export function NodePart({ inspector, subject, view, id }: Props) {
  const node = view.graph.nodes[id]!;
  const isStep = view === subject.measured.value?.view;
  const file = isStep ? subject.main : subject.path.value.at(-1)!;
  // A step has the attributes of the node that it is called by.
  const fileNode = isStep ? subject.measured.value?.nodeOfStep(id) : id;
  const details = useDetails(subject, file, fileNode);
  const problem = inspector.problems.value.get(id);
  return (
    <div class="part">
      <div>
        <h3 class="part-title">{node.opType}</h3>
        <p class="part-name">{node.name || 'It has no name.'}</p>
      </div>
      {problem && (
        <div class="problem">
          <strong>This cannot be run.</strong>
          <p>{problem}</p>
          <p>{adviceFor(node.domain)}</p>
        </div>
      )}
      <Timing subject={subject} view={view} id={id} domain={node.domain} />
      <InnerGraphs inspector={inspector} file={file} node={isStep ? undefined : id} />
      <ValueList title="Reads" values={node.inputs}>
        {(name) => <ValueFacts {...{ inspector, subject, view, file, name, details }} isInput />}
      </ValueList>
      <ValueList title="Makes" values={node.outputs}>
        {(name) => <ValueFacts {...{ inspector, subject, view, file, name, details }} />}
      </ValueList>
      <Attributes details={details} />
    </div>
  );
}

/** What the file tells of a node, once it is read. */
function useDetails(
  subject: Subject,
  file: FileView,
  node: number | undefined,
): Signal<NodeDetails | undefined> {
  const details = useSignal<NodeDetails | undefined>(undefined);
  useEffect(() => {
    let isWanted = true;
    details.value = undefined;
    if (node !== undefined) {
      void subject.reader.details(file.at, node).then((found) => {
        if (isWanted) details.value = found;
      });
    }
    return () => (isWanted = false);
  }, [subject, file, node]);
  return details;
}

function Timing({
  subject,
  view,
  id,
  domain,
}: Pick<Props, 'subject' | 'view' | 'id'> & { domain: string }) {
  const measured = subject.measured.value;
  const isStep = view === measured?.view;
  const step = isStep ? id : view === subject.main.view ? measured?.stepOfNode(id) : undefined;
  const set = domain && domain !== 'ai.onnx' ? { 'Set of operators': domain } : {};
  if (!measured) return <Facts facts={set} />;
  if (step === undefined) return <NoStep subject={subject} view={view} id={id} />;
  const { algorithm, milliseconds: time, macs, bytes, opType } = measured.steps[step]!;
  return (
    <Facts
      facts={{
        ...set,
        ...(isStep ? {} : { 'Runs as': opType }),
        ...(algorithm ? { 'Computed by': algorithm } : {}),
        Time: `${milliseconds(time)}, ${shareOf(time, measured.total)}`,
        ...(macs > 0 ? { Multiplications: inWords(macs) } : {}),
        'Reads and writes': `${inWords(bytes)} bytes`,
      }}
    />
  );
}

function NoStep({ subject, view, id }: Pick<Props, 'subject' | 'view' | 'id'>) {
  const measured = subject.measured.value!;
  if (view !== subject.main.view) return null;
  const around = measured.stepAround(id);
  return (
    <p class="hint">
      {around === undefined
        ? 'Takes no time of its own: it is done ahead of the run, or moves no numbers.'
        : `Runs together with others, as one step: ${measured.steps[around]!.node}.`}
    </p>
  );
}

function InnerGraphs({
  inspector,
  file,
  node,
}: {
  inspector: Inspector;
  file: FileView;
  node: number | undefined;
}) {
  const inner = node === undefined ? undefined : file.inner.get(node);
  if (!inner) return null;
  return (
    <section>
      <h3>Has a drawing of its own inside</h3>
      {inner.map(({ attribute, graph }) => (
        <button key={graph} type="button" onClick={() => void inspector.enter(graph)}>
          Open {attribute || 'what it is made of'}
        </button>
      ))}
    </section>
  );
}

function Attributes({ details }: { details: Signal<NodeDetails | undefined> }) {
  const attributes = details.value?.attributes ?? [];
  const documentation = details.value?.documentation;
  return (
    <>
      {attributes.length > 0 && (
        <section>
          <h3>Settings</h3>
          <Facts facts={Object.fromEntries(attributes.map(({ name, text }) => [name, text]))} />
        </section>
      )}
      {documentation && (
        <section>
          <h3>Its author’s words</h3>
          <p class="hint">{documentation.slice(0, 2000)}</p>
        </section>
      )}
    </>
  );
}
