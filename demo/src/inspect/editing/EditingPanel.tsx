import './editing-panel.css';
import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Inspector } from '../inspector.js';
import type { Subject } from '../subject.js';
import { Description } from './description.js';

/** Changes what a model says of itself. */
export function DescriptionEditor({
  inspector,
  subject,
}: {
  inspector: Inspector;
  subject: Subject;
}) {
  const description = useSignal<Description | undefined>(undefined);
  useEffect(() => {
    let isWanted = true;
    void subject.reader.described().then((found) => {
      if (isWanted) description.value = new Description(found);
    });
    return () => (isWanted = false);
  }, [subject]);
  return (
    <details>
      <summary>What it says of itself</summary>
      {description.value && <Form inspector={inspector} description={description.value} />}
    </details>
  );
}

function Form({ inspector, description }: { inspector: Inspector; description: Description }) {
  return (
    <form
      class="editing"
      onSubmit={(event) => {
        event.preventDefault();
        void inspector.edit(description, 'download');
      }}
    >
      <Line label="Made by" text={description.producerName} />
      <Line label="Version of that" text={description.producerVersion} />
      <div class="field">
        <label for="doc-string">Description</label>
        <textarea
          id="doc-string"
          rows={2}
          value={description.docString}
          onInput={({ currentTarget }) => (description.docString.value = currentTarget.value)}
        />
      </div>
      <fieldset>
        <legend>Entries</legend>
        {description.entries.value.map((entry, at) => (
          <div key={entry} class="entry">
            <input
              type="text"
              aria-label={`Name of entry ${at + 1}`}
              placeholder="Name"
              value={entry.key}
              onInput={({ currentTarget }) => (entry.key.value = currentTarget.value)}
            />
            <input
              type="text"
              aria-label={`Value of entry ${at + 1}`}
              placeholder="Value"
              value={entry.value}
              onInput={({ currentTarget }) => (entry.value.value = currentTarget.value)}
            />
            <button
              class="quiet"
              type="button"
              aria-label={`Remove entry ${at + 1}`}
              onClick={() => description.remove(entry)}
            >
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M4 4l8 8M12 4l-8 8" />
              </svg>
            </button>
          </div>
        ))}
        <button class="quiet" type="button" onClick={() => description.add()}>
          Add an entry
        </button>
      </fieldset>
      <div class="row">
        <button class="primary" type="submit">
          Download it changed
        </button>
        <button type="button" onClick={() => void inspector.edit(description, 'open')}>
          Show it here
        </button>
      </div>
    </form>
  );
}

/** @param list of what may be chosen, the id of a datalist */
function Line({ label, text, list }: { label: string; text: Signal<string>; list?: string }) {
  const id = `edit-${label.toLowerCase().replaceAll(' ', '-')}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        list={list}
        value={text}
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
      />
    </div>
  );
}

/** Cuts a part out of a model, from one value to another. */
export function PartCutter({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const { isOpen } = inspector.cut;
  return (
    <details
      open={isOpen.value}
      onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}
    >
      <summary>Take a part out</summary>
      {/* Large models have thousands of values, which are listed once they are wanted. */}
      {isOpen.value && <CutForm inspector={inspector} subject={subject} />}
    </details>
  );
}

function CutForm({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const { from, to } = inspector.cut;
  const { graph, uses } = subject.main.view;
  const names = [...graph.inputs, ...uses.maker.keys()].filter((name) => name !== '');
  const isKnown = names.includes(from.value) && names.includes(to.value);
  return (
    <form
      class="editing"
      onSubmit={(event) => {
        event.preventDefault();
        void inspector.takeOut('download');
      }}
    >
      <p class="hint">
        A model of its own is made of what leads from one value to another. Of a chosen part, each
        value can be made its beginning or its end.
      </p>
      <datalist id="values-of-model">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Line label="From" text={from} list="values-of-model" />
      <Line label="To" text={to} list="values-of-model" />
      <div class="row">
        <button class="primary" type="submit" disabled={!isKnown}>
          Download the part
        </button>
        <button type="button" disabled={!isKnown} onClick={() => void inspector.takeOut('open')}>
          Show it here
        </button>
      </div>
    </form>
  );
}
