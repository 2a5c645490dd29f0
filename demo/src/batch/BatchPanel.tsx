import './batch.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ErrorBox } from '../base/ErrorBox.js';
import { describe } from '../base/messages.js';
import { Progress } from '../base/Progress.js';
import { saveFile } from '../saving/save-file.js';
import { Batch, type BatchItem, type EnlargeFile, type ItemState, type Made } from './batch.js';
import { fileSize } from '../base/file-size.js';
import { saveZip } from './zip.js';

type OpenItemState = Exclude<ItemState, { kind: 'done' }>;

/**
 * Enlarges files one after the other, from the moment it is shown, and saves them.
 *
 * @param onDone called when the user leaves it
 */
export function BatchPanel({
  files,
  enlarge,
  onDone,
}: {
  files: readonly File[];
  enlarge: EnlargeFile;
  onDone: () => void;
}) {
  // Files that are chosen begin another batch; settings that change meanwhile do not.
  const batch = useMemo(() => new Batch(files, enlarge), [files]);
  useEffect(() => {
    void batch.start();
    return () => batch.cancel();
  }, [batch]);
  useUnsavedWarning(batch);
  return (
    <section class="card batch" aria-labelledby="batch-title">
      <header>
        <div>
          <h2 id="batch-title">{counted(batch.items.length, 'picture')}</h2>
          <Summary batch={batch} />
        </div>
        <Actions batch={batch} onDone={onDone} />
      </header>
      {batch.isRunning.value && <Overall batch={batch} />}
      <ul>
        {batch.items.map((item, index) => (
          <Row key={index} item={item} onSaved={(made) => batch.markSaved(made)} />
        ))}
      </ul>
    </section>
  );
}

function Overall({ batch }: { batch: Batch }) {
  const start = useMemo(() => performance.now(), [batch]);
  const part = batch.part.value;
  const seconds = (performance.now() - start) / 1000;
  // Before, one picture alone would tell.
  const isKnown = seconds > 2 && part > 0.02;
  return (
    <Progress
      label="All pictures"
      part={part}
      secondsLeft={isKnown ? (seconds * (1 - part)) / part : undefined}
      onCancel={() => batch.cancel()}
    />
  );
}

function Actions({ batch, onDone }: { batch: Batch; onDone: () => void }) {
  const errors = useSignal<readonly unknown[]>([]);
  const isSaving = useSignal(false);
  const { done, failed, cancelled } = batch.counts.value;
  const isRunning = batch.isRunning.value;
  const save = async () => {
    errors.value = [];
    isSaving.value = true;
    try {
      const results = [...batch.results()];
      if (await saveZip(results, 'pictures.zip')) batch.markSaved(...results);
    } catch (error) {
      errors.value = [error];
    }
    isSaving.value = false;
  };
  return (
    <>
      <div class="row">
        {!isRunning && failed + cancelled > 0 && (
          <button type="button" onClick={() => void batch.start()}>
            {failed > 0 ? 'Try the rest again' : 'Go on with the rest'}
          </button>
        )}
        {!isRunning && (
          <button type="button" onClick={onDone}>
            Close
          </button>
        )}
        <button
          class="primary"
          type="button"
          disabled={done === 0 || isSaving.value}
          onClick={() => void save()}
        >
          {isSaving.value ? 'Saving …' : saveLabel(batch)}
        </button>
      </div>
      <ErrorBox errors={errors.value} onClose={() => (errors.value = [])} />
    </>
  );
}

function saveLabel(batch: Batch): string {
  const sizes = [...batch.results()].map(({ blob }) => blob.size);
  if (sizes.length === 0) return 'Save all as ZIP';
  const { length } = batch.items;
  const which = sizes.length < length ? `${sizes.length} of ${length}` : 'all';
  return `Save ${which} as ZIP (${fileSize(sizes.reduce((sum, size) => sum + size))})`;
}

function Row({ item, onSaved }: { item: BatchItem; onSaved: (made: Made) => void }) {
  const state = item.state.value;
  return (
    <li data-state={state.kind}>
      <span class="batch-name">{item.path}</span>
      {state.kind === 'done' ? (
        <DoneState made={state.made} onSaved={onSaved} />
      ) : (
        <OpenState path={item.path} state={state} />
      )}
    </li>
  );
}

function DoneState({ made, onSaved }: { made: Made; onSaved: (made: Made) => void }) {
  const { name, blob } = made;
  const save = () => {
    saveFile(blob, name);
    onSaved(made);
  };
  return (
    <span class="batch-done">
      {fileSize(blob.size)}
      <button class="quiet" type="button" aria-label={`Save ${name}`} onClick={save}>
        Save
      </button>
    </span>
  );
}

function OpenState({ path, state }: { path: string; state: OpenItemState }) {
  switch (state.kind) {
    case 'waiting':
      return <span class="hint">Waiting</span>;
    case 'cancelled':
      return <span class="hint">Cancelled</span>;
    case 'working':
      return (
        <span class="batch-working">
          <progress aria-label={`Enlarging ${path}`} value={state.part} />
          {Math.floor(100 * state.part)} %
        </span>
      );
    case 'failed': {
      const { title, advice, details } = describe(state.error);
      return (
        <span class="batch-failed" title={details}>
          <strong>{title}</strong> {advice}
        </span>
      );
    }
  }
}

function Summary({ batch }: { batch: Batch }) {
  const { done, failed, cancelled } = batch.counts.value;
  const parts = [`${done} of ${batch.items.length} done`];
  if (failed > 0) parts.push(`${failed} did not work`);
  if (cancelled > 0) parts.push(`${cancelled} cancelled`);
  return <p role="status">{parts.join(', ')}</p>;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Has the browser ask before it leaves a page with pictures that were not saved. */
function useUnsavedWarning(batch: Batch): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (batch.hasUnsaved()) event.preventDefault();
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [batch]);
}
