import './layer-table.css';
import type { LayerReport } from 'fovea/quantize';
import { fileSize } from '../../base/file-size.js';
import { keeping, keptFloat } from '../preferences.js';
import { canChoose, type Quantised, type Quantiser } from '../quantiser.js';
import { decibels, toAndFrom } from '../results/words.js';
import { Histogram } from './Histogram.js';
import type { Timing } from './timing.js';

/** What became of each layer, and a way to have it otherwise. */
export function LayerTable({
  quantiser,
  quantised,
}: {
  quantiser: Quantiser;
  quantised: Quantised;
}) {
  const { layers } = quantised.report;
  const timing = quantiser.timing.value;
  const worst = Math.max(...layers.map(({ lossDb = 0 }) => lossDb), 1e-9);
  return (
    <section class="card layers" aria-labelledby="layers-title">
      <h2 id="layers-title">Layer by layer</h2>
      <p class="hint">
        Values: how often they were seen, on a logarithmic scale between the lines of the least and
        the greatest; what bytes stand for is shaded, and values beyond it are cut off.
        {timing && ` Times: medians for a tile of ${timing.width} × ${timing.height} pixels.`}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Values</th>
            <th scope="col">Loses by itself</th>
            <th scope="col">Weights</th>
            <th scope="col">Time</th>
            <th scope="col">Float</th>
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <Row
              key={layer.node}
              layer={layer}
              worst={worst}
              timing={timing}
              onKeep={(isFloat) => quantiser.keep(layer.node, isFloat)}
            />
          ))}
        </tbody>
        {timing && (
          <tfoot>
            <tr>
              <th scope="row" colSpan={4}>
                All steps, those beside the layers included
              </th>
              <td class="time">{toAndFrom(timing.all)}</td>
              <td />
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}

function Row({
  layer,
  worst,
  timing,
  onKeep,
}: {
  layer: LayerReport;
  worst: number;
  timing: Timing | undefined;
  onKeep: (isFloat: boolean) => void;
}) {
  const { node, opType, quantised, lossDb } = layer;
  return (
    <tr>
      <th scope="row">
        {node}
        <small>
          {[opType, quantised ? '' : `float: ${reasonOf(layer)}`].filter(Boolean).join(', ')}
        </small>
      </th>
      <td class="seen-values">
        <Histogram layer={layer} />
      </td>
      {/* A bar compares it with the layer that loses most. */}
      <td class="loss" style={{ '--bar': String(Math.max(0, lossDb ?? 0) / worst) }}>
        {lossDb === undefined ? '' : decibels(lossDb, 3)}
      </td>
      <td class="weights">
        <Weights layer={layer} />
      </td>
      <td class="time">{timeOf(timing, node)}</td>
      <td class="float">
        <label>
          <input
            type="checkbox"
            aria-label={`Keep ${node} float`}
            checked={isKept(layer)}
            disabled={!canChoose(layer)}
            onChange={({ currentTarget }) => onKeep(currentTarget.checked)}
          />
          <span aria-hidden="true">Keep it float</span>
        </label>
      </td>
    </tr>
  );
}

function Weights({
  layer: { quantised, bytesBefore, bytesAfter, weightsSnr },
}: {
  layer: LayerReport;
}) {
  if (bytesBefore === 0) return null;
  if (!quantised) return <>{fileSize(bytesBefore)}</>;
  return (
    <>
      {fileSize(bytesBefore)} → {fileSize(bytesAfter)}
      <small title="Signal-to-noise ratio of the weights">SNR {decibels(weightsSnr, 1)}</small>
    </>
  );
}

function timeOf(timing: Timing | undefined, node: string): string {
  if (!timing) return '…';
  const { float, quantised } = timing.layers.get(node) ?? {};
  return float === undefined || quantised === undefined ? '' : toAndFrom({ float, quantised });
}

/** As it is, or as it is to be once the work under way is done. */
function isKept(layer: LayerReport): boolean {
  if (!canChoose(layer)) return true;
  return keeping.value === 'chosen' ? keptFloat.value.includes(layer.node) : !layer.quantised;
}

/** Figures in reasons have more digits than anybody reads. */
function reasonOf({ reason }: LayerReport): string {
  return reason.replace(/\d+\.\d{3,}/g, (figure) => String(Number(Number(figure).toPrecision(2))));
}
