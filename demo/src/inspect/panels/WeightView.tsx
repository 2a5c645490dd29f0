import './weight-view.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Facts } from '../../base/Facts.js';
import { shortNumber } from '../labels.js';
import type { Statistics } from '../onnx/statistics.js';
import type { WeightDetails } from '../reader.worker.js';
import type { Subject } from '../subject.js';

/** What a weight's numbers are like. */
export function WeightView({
  subject,
  graph,
  name,
}: {
  subject: Subject;
  graph: number;
  name: string;
}) {
  const weight = useSignal<WeightDetails | undefined>(undefined);
  useEffect(() => {
    let isWanted = true;
    void subject.reader.weight(graph, name).then((found) => {
      if (isWanted) weight.value = found;
    });
    return () => (isWanted = false);
  }, [subject, graph, name]);
  if (!weight.value) return <span class="hint">Counting …</span>;
  const { statistics, missing } = weight.value;
  if (!statistics || statistics.count === 0) return <span class="hint">{missing}</span>;
  const { count, min, max, mean, deviation, zeros, notFinite } = statistics;
  return (
    <div class="weight">
      {count > 1 && <Histogram statistics={statistics} />}
      <Facts
        facts={{
          Numbers: count.toLocaleString('en'),
          ...(count > 1
            ? {
                Smallest: shortNumber(min),
                Largest: shortNumber(max),
                Mean: shortNumber(mean),
                'Typical distance from it': shortNumber(deviation),
              }
            : { Value: shortNumber(min) }),
          ...(zeros > 0 && count > 1 ? { Zeros: zeros.toLocaleString('en') } : {}),
          ...(notFinite > 0
            ? { 'No numbers (NaN, infinite)': notFinite.toLocaleString('en') }
            : {}),
        }}
      />
    </div>
  );
}

const width = 240;
const height = 64;

/** How often numbers of each size are there. */
function Histogram({ statistics: { histogram, min, max } }: { statistics: Statistics }) {
  const most = Math.max(...histogram);
  const each = width / histogram.length;
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`How often numbers occur, from ${shortNumber(min)} to ${shortNumber(max)}`}
      >
        {histogram.map((count, at) => {
          const tall = (height * count) / most;
          return (
            <rect key={at} x={at * each} y={height - tall} width={each * 0.86} height={tall} />
          );
        })}
      </svg>
      <figcaption>
        <span>{shortNumber(min)}</span>
        <span>{shortNumber(max)}</span>
      </figcaption>
    </figure>
  );
}
