import '../../base/file-fields.css';
import './summary.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { fileSize } from '../../base/file-size.js';
import { saveFile } from '../../saving/save-file.js';
import type { Compared } from '../comparing/twins.js';
import { model, quantizeSettings } from '../preferences.js';
import type { Quantised } from '../quantiser.js';
import { decibels, timesAsFast, toAndFrom } from './words.js';

/** What became of the model, in figures, and its file. */
export function Summary({
  quantised,
  compared,
}: {
  quantised: Quantised;
  compared: Compared | undefined;
}) {
  const { report, files, name, offer, settings } = quantised;
  const { lossDb, psnr, psnrBefore, psnrAfter, bytesBefore, bytesAfter } = report;
  const smaller = Math.round(100 * (1 - bytesAfter / bytesBefore));
  const allowed = settings.keepFloat === 'auto' ? `${settings.budgetDb} dB may be lost` : 'of PSNR';
  const card = useRef<HTMLElement>(null);
  useEffect(() => bringIntoView(card.current!), []);
  return (
    <section class="card summary" ref={card} aria-labelledby="summary-title">
      <h2 id="summary-title">{name}</h2>
      <div class="figures">
        <Figure title="File" note={smaller < 0 ? `${-smaller} % larger` : `${smaller} % smaller`}>
          {fileSize(bytesBefore)} → {fileSize(bytesAfter)}
        </Figure>
        <Figure title="Lost" note={allowed}>
          {decibels(lossDb, 3)}
        </Figure>
        <Figure title="Likeness (PSNR)" note="to what the float model makes">
          {decibels(psnr, 1)}
        </Figure>
        <Figure title="Time" note={compared ? timesAsFast(compared.milliseconds) : 'is measured …'}>
          {compared ? toAndFrom(compared.milliseconds) : '…'}
        </Figure>
      </div>
      {psnrBefore !== undefined && psnrAfter !== undefined && (
        <p class="hint">
          Pictures that were made smaller and enlarged again come back with{' '}
          {decibels(psnrBefore, 2)} by the float model, and with {decibels(psnrAfter, 2)} by this
          one.
        </p>
      )}
      {!report.layers.some((layer) => layer.quantised) && (
        <p>
          No layer is quantised: together they lose more. Allow more, or choose layers in the table.
        </p>
      )}
      <div class="row">
        <button class="primary" type="button" onClick={() => saveFile(files.quantised, name)}>
          Download the model
        </button>
        <a class="as-button" href={`./inspect.html#from=${offer.key}`} target="_blank">
          Look inside it
        </a>
        {isOutdated(quantised) && (
          <span class="hint">You have changed settings since: make it again to apply them.</span>
        )}
      </div>
    </section>
  );
}

function Figure({
  title,
  note,
  children,
}: {
  title: string;
  note: string;
  children: ComponentChildren;
}) {
  return (
    <p>
      <span class="hint">{title}</span>
      <strong>{children}</strong>
      <span class="hint">{note}</span>
    </p>
  );
}

/** The first time: whoever started it may be far down the page, or above it on a phone. */
function bringIntoView(element: HTMLElement): void {
  const { top, bottom } = element.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) element.scrollIntoView({ behavior: 'smooth' });
}

/** Whether it would be made otherwise by now. */
function isOutdated({ network, settings }: Quantised): boolean {
  const now = [model.network()?.key, quantizeSettings()];
  return JSON.stringify(now) !== JSON.stringify([network.key, settings]);
}
