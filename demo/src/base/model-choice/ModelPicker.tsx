import './model-picker.css';
import { useSignal } from '@preact/signals';
import { Choice, type Option } from '../Choice.js';
import type { ModelChoice, ModelKind } from './model-choice.js';
import { ownNetworks } from './networks.js';

const options: readonly Option<ModelKind>[] = [
  ...Object.entries(ownNetworks).map(([value, { title, hint }]) => ({
    value: value as ModelKind,
    label: title,
    hint,
  })),
  { value: 'file', label: 'My own model', hint: 'An .onnx file on this machine' },
  { value: 'url', label: 'A model on the web', hint: 'By the address of an .onnx file' },
];

/** Lets people choose the network: one of the package's own, a file, or an address. */
export function ModelPicker({ choice, legend }: { choice: ModelChoice; legend: string }) {
  const kind = choice.kind.value;
  return (
    <div class="model-picker">
      <Choice legend={legend} options={options} chosen={choice.kind} as="list" />
      {kind === 'file' && <ModelFile choice={choice} />}
      {kind === 'url' && <ModelAddress choice={choice} />}
    </div>
  );
}

function ModelFile({ choice }: { choice: ModelChoice }) {
  const file = choice.file.value;
  return (
    <div class="field">
      <label for="model-file">{file ? `Chosen: ${file.name}` : 'Which file?'}</label>
      <input
        id="model-file"
        type="file"
        accept=".onnx"
        onChange={({ currentTarget }) => {
          const [picked] = currentTarget.files ?? [];
          if (picked) choice.take(picked);
          // So that picking the same file again is a change.
          currentTarget.value = '';
        }}
      />
    </div>
  );
}

function ModelAddress({ choice }: { choice: ModelChoice }) {
  const text = useSignal(choice.address.value);
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        choice.address.value = text.value;
      }}
    >
      <label for="model-url">Address of the model</label>
      <div class="row">
        <input
          id="model-url"
          class="wide"
          type="url"
          required
          placeholder="https://…/model.onnx"
          value={text.value}
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        />
        <button type="submit">Load</button>
      </div>
    </form>
  );
}
