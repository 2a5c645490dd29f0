import { capabilities } from 'fovea';
import { Comparison } from './comparison.js';
import { byId, showFacts } from './dom.js';
import { capabilityFacts, modelFacts, resultFacts } from './facts.js';
import { keepOffline } from './offline/offline.js';
import { onDrop, onModel, onPictures, pickModelFile } from './inputs.js';
import { showError } from './messages.js';
import {
  decodePicture,
  type Picture,
  PictureError,
  pictureLimit,
  samplePicture,
} from './pictures.js';
import { ProfilePanel } from './profile.js';
import { chosenType, onFormat, saveFile } from './saving.js';
import { bundled, type ModelChoice, type Outcome, Upscaling } from './upscaling.js';

keepOffline();

const comparison = new Comparison();
const upscaling = new Upscaling();
const profile = new ProfilePanel();
const status = byId('status', HTMLSpanElement);
const progress = byId('progress', HTMLProgressElement);
const cancel = byId('cancel', HTMLButtonElement);
const download = byId('download', HTMLButtonElement);
const error = byId('error', HTMLDivElement);

let picture: Picture | undefined;
let model: ModelChoice = bundled.x2;
let outcome: Outcome | undefined;
let work = new AbortController();
let finished = Promise.resolve();

byId('picture-limit', HTMLSpanElement).textContent = pictureLimit;
byId('sample', HTMLButtonElement).addEventListener('click', () => void take(samplePicture));
cancel.addEventListener('click', () => work.abort());
download.addEventListener('click', () => void save().catch((reason) => showError(error, reason)));
onFormat((name) => (download.textContent = `Save as ${name}`));
onPictures(takeFiles);
onDrop((files) => {
  const chosen = files.find(({ name }) => name.endsWith('.onnx'));
  if (chosen) pickModelFile(chosen);
  else takeFiles(files);
});
onModel(choose);

void showCapabilities();
void take(samplePicture);

async function showCapabilities(): Promise<void> {
  try {
    const found = await capabilities();
    showFacts('browser-facts', capabilityFacts(found));
    byId('browser-reason', HTMLParagraphElement).textContent = `Why this one: ${found.reason}.`;
  } catch (reason) {
    showError(error, reason);
  }
}

function takeFiles(files: File[]): void {
  const [file] = files;
  if (files.length > 1) void attempt((signal) => enlargeAll(files, signal));
  else void take(() => decodePicture(file!, file!.name));
}

/** Enlarges pictures one after the other and saves each; tells in the end of those that failed. */
async function enlargeAll(files: readonly File[], signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  for (const [index, file] of files.entries()) {
    byId('batch', HTMLSpanElement).textContent = `${index + 1} of ${files.length}: `;
    try {
      await enlargeDecoded(await decodePicture(file, file.name), signal);
      await save();
    } catch (reason) {
      signal.throwIfAborted();
      failures.push(reason);
    }
  }
  status.textContent = `${files.length - failures.length} of ${files.length} pictures are saved.`;
  if (failures.length > 0) showError(error, ...failures);
}

function choose(chosen: ModelChoice): void {
  model = chosen;
  showFacts('model-facts', {});
  void attempt(enlarge);
}

/** Makes a picture the one to enlarge, and enlarges it. */
function take(decode: () => Promise<Picture>): Promise<void> {
  return attempt(async (signal) => enlargeDecoded(await decode(), signal));
}

async function enlargeDecoded(decoded: Picture, signal: AbortSignal): Promise<void> {
  if (signal.aborted) decoded.bitmap.close();
  signal.throwIfAborted();
  picture?.bitmap.close();
  picture = decoded;
  outcome = undefined;
  comparison.showBefore(decoded.bitmap);
  await enlarge(signal);
}

async function enlarge(signal: AbortSignal): Promise<void> {
  if (!picture) return;
  const { bitmap } = picture;
  profile.clear();
  outcome = await upscaling.run(bitmap, comparison.after, model, signal, report);
  comparison.show(bitmap);
  showFacts('model-facts', modelFacts(outcome.upscaler));
  showFacts('result-facts', resultFacts(bitmap, outcome));
  profile.show(outcome.upscaler, bitmap);
  const { width, height } = outcome.canvas;
  const milliseconds = Math.round(outcome.times['Enlarging']!);
  status.textContent = `${bitmap.width} × ${bitmap.height} became ${width} × ${height} in ${milliseconds} ms.`;
}

/** Does one piece of work instead of the one before, and shows how it goes. */
function attempt(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
  work.abort();
  const { signal } = (work = new AbortController());
  finished = finished.then(() => (signal.aborted ? undefined : perform(task, signal)));
  return finished;
}

async function perform(
  task: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  error.hidden = true;
  byId('batch', HTMLSpanElement).textContent = '';
  setBusy(true);
  try {
    await task(signal);
  } catch (reason) {
    status.textContent = signal.aborted ? 'Cancelled.' : 'That did not work.';
    if (!signal.aborted) showError(error, reason);
  }
  setBusy(false);
}

function setBusy(busy: boolean): void {
  progress.hidden = !busy;
  cancel.hidden = !busy;
  download.disabled = busy || !outcome;
}

function report(stage: string, done: number | undefined): void {
  status.textContent = `${stage} …`;
  if (done === undefined) progress.removeAttribute('value');
  else progress.value = done;
}

async function save(): Promise<void> {
  if (!outcome || !picture) return;
  const name = `${picture.name}-x${outcome.upscaler.scale.x}`;
  const blob = await comparison.toFile(chosenType());
  if (!blob) throw new PictureError(`${name} is too large to be saved by this browser.`);
  saveFile(blob, name);
}
