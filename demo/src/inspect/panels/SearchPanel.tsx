import './search-panel.css';
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Inspector } from '../inspector.js';
import { counted, labelOf } from '../labels.js';
import { SearchIndex, type Found } from '../search.js';
import type { GraphView } from '../view.js';

const step = 60;

/** Finds parts of the graph that is shown. With nothing to find, it lists all of them. */
export function SearchPanel({ inspector, view }: { inspector: Inspector; view: GraphView }) {
  const query = useSignal('');
  const onlyProblems = useSignal(false);
  const shown = useSignal(step);
  const index = useMemo(() => new SearchIndex(view), [view]);
  const problems = inspector.problems.value;
  const limit = onlyProblems.value ? problems : undefined;
  const results = useMemo(
    () => index.find(query.value, limit && ((id) => limit.has(id))),
    [index, query.value, limit],
  );
  return (
    <section class="search-panel card" aria-label="Find a part">
      <div class="field">
        <label for="search">Find a part by its name, kind or values</label>
        <input
          id="search"
          type="search"
          placeholder="Conv, layer 3, weight …"
          value={query.value}
          onInput={({ currentTarget }) => {
            query.value = currentTarget.value;
            shown.value = step;
          }}
        />
      </div>
      {problems.size > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={onlyProblems.value}
            onChange={({ currentTarget }) => (onlyProblems.value = currentTarget.checked)}
          />
          Only what cannot be run
        </label>
      )}
      <p class="hint" role="status">
        {results.length === 0 ? 'Nothing is called so.' : counted(results.length, 'part')}
      </p>
      <ul class="results" aria-label="Parts">
        {results.slice(0, shown.value).map((result) => (
          <Result key={result.id} inspector={inspector} view={view} result={result} />
        ))}
      </ul>
      {results.length > shown.value && (
        <button type="button" onClick={() => (shown.value += step)}>
          Show more
        </button>
      )}
    </section>
  );
}

function Result({
  inspector,
  view,
  result,
}: {
  inspector: Inspector;
  view: GraphView;
  result: Found;
}) {
  const { title } = labelOf(view.graph, view.grouping, result.id);
  const isChosen = view.selected.value === String(result.id);
  const problem = inspector.problems.value.get(result.id);
  return (
    <li>
      <button
        type="button"
        aria-current={isChosen ? 'true' : undefined}
        onClick={() => void inspector.reveal(result.id)}
      >
        <strong>
          {problem && <span class="problem-mark">⚠ </span>}
          {title}
        </strong>
        <small>{result.detail}</small>
        {problem && <span class="unseen">Cannot be run</span>}
      </button>
    </li>
  );
}
