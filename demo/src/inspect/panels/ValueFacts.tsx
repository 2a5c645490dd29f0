import { useSignal, type Signal } from '@preact/signals';
import type { FileView } from '../file-view.js';
import type { Inspector } from '../inspector.js';
import { counted } from '../labels.js';
import type { NodeDetails } from '../reader.worker.js';
import type { Subject } from '../subject.js';
import type { GraphView } from '../view.js';
import { WeightView } from './WeightView.js';

interface Props {
  inspector: Inspector;
  subject: Subject;
  view: GraphView;
  file: FileView;
  name: string;
  details: Signal<NodeDetails | undefined>;
  isInput?: boolean;
}

/** What a value is, where it comes from or goes to, and ways to see it. */
export function ValueFacts(props: Props) {
  const { subject, view, file, name, details, isInput = false } = props;
  const weight = weightBehind(file, name);
  const declared = details.value?.types.get(name);
  const found = file.at === 0 ? typeFound(subject, name) : undefined;
  return (
    <>
      <span class="hint">{found ?? declared ?? 'Its size is not known before it runs.'}</span>
      {weight !== undefined && <Weight subject={subject} file={file} name={weight} view={view} />}
      {weight !== name && (
        <div class="value-actions">
          {isInput ? <Maker {...props} /> : <Readers {...props} />}
          <ShowPictures {...props} />
          <CutHere {...props} />
        </div>
      )}
    </>
  );
}

/** The weight that a value is, or that it is in another type. */
function weightBehind({ view }: FileView, name: string): string | undefined {
  if (view.graph.constants.has(name)) return name;
  const maker = view.graph.nodes[view.uses.maker.get(name) ?? -1];
  const [source] = maker?.inputs ?? [];
  const isSame = maker !== undefined && /^(Cast|Identity)$/.test(maker.opType);
  return isSame && source !== undefined && view.graph.constants.has(source) ? source : undefined;
}

/** What the engine found out of a value. */
function typeFound(subject: Subject, name: string): string | undefined {
  const value = subject.report.value?.values.find((one) => one.name === name);
  if (!value) return undefined;
  return value.shape ? `${value.type} [${value.shape.join(', ')}]` : undefined;
}

function Weight({ subject, file, name, view }: Pick<Props, 'subject' | 'file' | 'name' | 'view'>) {
  const isOpen = useSignal(false);
  const users = view.uses.readers.get(name)?.length ?? 0;
  return (
    <>
      <span class="hint">
        {users > 1 ? `Learned numbers, used in ${users} places` : 'Learned numbers'}
      </span>
      <div class="value-actions">
        <button
          class="quiet"
          type="button"
          aria-expanded={isOpen.value}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          {isOpen.value ? 'Hide its numbers' : 'Show its numbers'}
        </button>
      </div>
      {isOpen.value && <WeightView subject={subject} graph={file.at} name={name} />}
    </>
  );
}

function Maker({ inspector, view, name }: Props) {
  const maker = view.uses.maker.get(name);
  if (maker === undefined) return <span class="hint">Comes from outside.</span>;
  return (
    <button class="quiet" type="button" onClick={() => void inspector.reveal(maker)}>
      Made by {view.graph.nodes[maker]!.opType}
    </button>
  );
}

function Readers({ inspector, view, name }: Props) {
  const most = 4;
  const readers = view.uses.readers.get(name) ?? [];
  const isResult = view.graph.outputs.includes(name);
  return (
    <>
      {isResult && <span class="hint">A result of the model.</span>}
      {readers.slice(0, most).map((reader) => (
        <button
          key={reader}
          class="quiet"
          type="button"
          onClick={() => void inspector.reveal(reader)}
        >
          Goes to {view.graph.nodes[reader]!.opType}
        </button>
      ))}
      {readers.length > most && (
        <span class="hint">and to {counted(readers.length - most, 'other')}</span>
      )}
    </>
  );
}

/** Values within a branch or a loop cannot be asked for. */
function ShowPictures({ inspector, subject, file, name }: Props) {
  const isKnown = subject.report.value?.values.some((value) => value.name === name);
  if (file.at !== 0 || !subject.report.value?.supported || !isKnown) return null;
  return (
    <button class="quiet" type="button" onClick={() => void inspector.watch(name)}>
      Show as pictures
    </button>
  );
}

/** Makes a value an end of the part that is taken out. */
function CutHere({ inspector, file, name, isInput = false }: Props) {
  if (file.at !== 0) return null;
  const end = isInput ? inspector.cut.from : inspector.cut.to;
  return (
    <button
      class="quiet"
      type="button"
      aria-pressed={end.value === name}
      onClick={() => inspector.cutAt(end, name)}
    >
      {isInput ? 'A part begins here' : 'A part ends here'}
    </button>
  );
}
