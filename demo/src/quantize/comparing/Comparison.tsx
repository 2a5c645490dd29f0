import '../../stage/compare-bar.css';
import './comparison.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Choice } from '../../base/Choice.js';
import { Stage } from '../../stage/Stage.js';
import { View, type ViewMode } from '../../stage/view.js';
import { Amplification, viewModes } from '../../stage/ViewControls.js';
import type { Quantised, Quantiser } from '../quantiser.js';
import { timesAsFast, toAndFrom } from '../results/words.js';
import type { Compared } from './twins.js';

/** A picture as both models enlarge it, one beside the other. */
export function Comparison({
  quantiser,
  quantised,
}: {
  quantiser: Quantiser;
  quantised: Quantised;
}) {
  const mode = useSignal<ViewMode>('divider');
  const amplification = useSignal(16);
  const view = useMemo(() => new View(), [quantised]);
  const compared = quantiser.compared.value;
  useEffect(() => {
    if (!compared) return;
    const { width, height } = compared.float;
    view.picture.value = { width, height };
    view.fit();
  }, [compared, view]);
  return (
    <section class="card comparison" aria-label="Both models compared">
      <div class="compare-bar">
        <Choice legend="View" options={viewModes} chosen={mode} hideLegend />
        <Which quantiser={quantiser} />
        {mode.value === 'difference' && <Amplification factor={amplification} />}
      </div>
      <Stage
        view={view}
        mode={mode}
        amplification={amplification}
        before={compared && { picture: compared.float, label: 'Float' }}
        after={compared && { picture: compared.quantised, label: 'Quantised' }}
        result={compared?.quantised}
      />
      {compared && <Times compared={compared} />}
    </section>
  );
}

/** Which of the pictures is compared. */
function Which({ quantiser }: { quantiser: Quantiser }) {
  const pictures = quantiser.pictures.value;
  const at = pictures.findIndex(({ url }) => url === quantiser.compared.value?.of.url);
  return (
    <div class="row">
      <label for="compared">Picture</label>
      <select
        id="compared"
        value={at}
        disabled={pictures.length === 0}
        onChange={({ currentTarget }) =>
          void quantiser.compare(pictures[Number(currentTarget.value)]!)
        }
      >
        {at < 0 && <option value={-1}>…</option>}
        {pictures.map(({ url, name }, index) => (
          <option key={url} value={index}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Times({ compared: { milliseconds, width, height } }: { compared: Compared }) {
  return (
    <p class="hint">
      <strong>{toAndFrom(milliseconds)}</strong> for {width} × {height} pixels, the middle of the
      picture: {timesAsFast(milliseconds)}.
    </p>
  );
}
