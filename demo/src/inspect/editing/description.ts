import { signal, type Signal } from '@preact/signals';
import type { ModelEdits } from 'fovea/edit';
import { PlainError } from '../../base/messages.js';

/** What a model says of itself. */
export interface Described {
  producerName: string;
  producerVersion: string;
  docString: string;
  /** ONNX's metadata_props. */
  properties: readonly (readonly [key: string, value: string])[];
}

export interface Entry {
  key: Signal<string>;
  value: Signal<string>;
}

/** What a model says of itself, as people change it. */
export class Description {
  readonly producerName: Signal<string>;
  readonly producerVersion: Signal<string>;
  readonly docString: Signal<string>;
  readonly entries: Signal<readonly Entry[]>;
  readonly #before: Described;

  constructor(before: Described) {
    this.#before = before;
    this.producerName = signal(before.producerName);
    this.producerVersion = signal(before.producerVersion);
    this.docString = signal(before.docString);
    this.entries = signal(before.properties.map(([key, value]) => entryOf(key, value)));
  }

  add(): void {
    this.entries.value = [...this.entries.value, entryOf('', '')];
  }

  remove(entry: Entry): void {
    this.entries.value = this.entries.value.filter((other) => other !== entry);
  }

  /**
   * What is no longer as in the file.
   *
   * @throws PlainError for an entry without a name, and for two of one name
   */
  edits(): ModelEdits {
    const now = new Map<string, string>();
    for (const { key, value } of this.entries.peek()) {
      const name = key.peek();
      if (name === '') throw fault('An entry has no name.', 'Name it, or remove it.');
      if (now.has(name)) throw fault(`Two entries are called ${name}.`, 'Rename or remove one.');
      now.set(name, value.peek());
    }
    const before = new Map(this.#before.properties);
    const gone = [...before.keys()].filter((key) => !now.has(key));
    const changed = [...now].filter(([key, value]) => before.get(key) !== value);
    const changedText = (which: 'producerName' | 'producerVersion' | 'docString') => {
      const text = this[which].peek();
      return text === this.#before[which] ? undefined : text;
    };
    return {
      metadata: Object.fromEntries([...gone.map((key) => [key, null] as const), ...changed]),
      producerName: changedText('producerName'),
      producerVersion: changedText('producerVersion'),
      docString: changedText('docString'),
    };
  }
}

function entryOf(key: string, value: string): Entry {
  return { key: signal(key), value: signal(value) };
}

function fault(title: string, advice: string): PlainError {
  return new PlainError(title, advice);
}
