import '../../stage/compare-bar.css';
import { useRef } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import { Choice } from '../../base/Choice.js';
import { baseline, target, viewMode } from '../preferences.js';
import type { Size } from '../../stage/pyramid.js';
import { Amplification, viewModes } from '../../stage/ViewControls.js';
import type { Other, Workbench } from '../workbench.js';
import { baselines, type Baseline } from './baseline.js';
import type { Likeness } from './measures.js';

/** How the result is compared, and with what. */
export function CompareBar({
  bench,
  amplification,
}: {
  bench: Workbench;
  amplification: Signal<number>;
}) {
  return (
    <div class="compare-bar">
      <Choice legend="View" options={viewModes} chosen={viewMode} hideLegend />
      <BaselineChoice bench={bench} />
      {viewMode.value === 'difference' && <Amplification factor={amplification} />}
    </div>
  );
}

function BaselineChoice({ bench }: { bench: Workbench }) {
  const file = useRef<HTMLInputElement>(null);
  const kind = baseline.value;
  const chosen = kind === 'file' ? bench.baselineModel : bench.reference;
  const needsFile = kind === 'file' || kind === 'reference';
  const what = kind === 'file' ? 'Choose a model' : 'Choose a picture';
  return (
    <div class="row baseline">
      <label for="baseline">Compare with</label>
      <select
        id="baseline"
        value={kind}
        onChange={({ currentTarget }) => (baseline.value = currentTarget.value as Baseline)}
      >
        {baselines.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {needsFile && (
        <>
          <button type="button" onClick={() => file.current!.click()}>
            {chosen.value?.name ?? what}
          </button>
          <input
            id="baseline-file"
            ref={file}
            type="file"
            hidden
            aria-label={what}
            accept={kind === 'file' ? '.onnx' : 'image/*'}
            onChange={({ currentTarget }) => {
              chosen.value = currentTarget.files?.[0] ?? chosen.value;
              // So that choosing the same file again is a change.
              currentTarget.value = '';
            }}
          />
        </>
      )}
    </div>
  );
}

/** What comparing with a picture of the user's tells. */
export function Measured({ other, result }: { other: Other; result: Size }) {
  if (other.likeness) return <Figures likeness={other.likeness} />;
  if (!other.ownSize) return null;
  const { width, height } = other.ownSize;
  if (width === result.width && height === result.height) {
    return <p class="measured">Results larger than browsers can show are not measured here.</p>;
  }
  return (
    <p class="measured">
      Your picture has {width} × {height} pixels, and is shown as large as the result. To measure
      how alike they are, both must have one size.{' '}
      <button
        class="quiet"
        type="button"
        onClick={() => {
          Object.assign(target.width, { value: width });
          Object.assign(target.height, { value: height });
          target.fit.value = 'fill';
          target.enlargement.value = 'pixels';
        }}
      >
        Make the result as large
      </button>
    </p>
  );
}

function Figures({ likeness: { psnr, psnrColours, ssim } }: { likeness: Likeness }) {
  return (
    <p class="measured">
      Against your picture, the result has a <abbr title="Peak signal-to-noise ratio">PSNR</abbr> of{' '}
      <strong>{decibels(psnr)}</strong>
      {ssim !== undefined && (
        <>
          {' '}
          and an <abbr title="Structural similarity, at most 1">SSIM</abbr> of{' '}
          <strong>{ssim.toFixed(4)}</strong>
        </>
      )}{' '}
      on brightness (luma), and a PSNR of {decibels(psnrColours)} on colours (RGB). More is closer.
    </p>
  );
}

function decibels(value: number): string {
  return value === Infinity ? '∞ dB (the same)' : `${value.toFixed(2)} dB`;
}
