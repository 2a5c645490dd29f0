import { placed, type TensorData } from '../host/feeding.js';
import type { EngineValue } from '../host/module.js';
import { taken, withFile } from '../tools/program-host.js';
import type { EngineQuantisation, Question, QuantiserModule, SampleInfo } from './module.js';
import type { QuantizeSettings } from './options.js';
import { readReport } from './read-report.js';
import { methods, type QuantizeResult } from './report.js';

/** What can be asked of the quantiser, which quantises one model. */
export class QuantiserMethods {
  readonly #module: QuantiserModule;
  #quantisation: EngineQuantisation | undefined;
  #askedAbout = 0;

  constructor(module: QuantiserModule) {
    this.#module = module;
  }

  /** Whether more can be quantised of what InferenceSession.optimizedModel() gives. */
  wantsFolding(model: Uint8Array): boolean {
    return withFile(this.#module, model, (file) => this.#module.wantsFolding(file));
  }

  /** Begins; then next() and answer() follow each other until there is no question. */
  async begin(
    model: Uint8Array,
    settings: QuantizeSettings,
    samples: readonly SampleInfo<TensorData>[],
  ): Promise<void> {
    const { keepFloat = 'auto' } = settings;
    const kept = keepFloat === 'auto' ? null : keepFloat;
    const truths = samples.map(({ truth }) => truth ?? null);
    this.#quantisation = await placed(this.#module, truths, (values) => {
      const infos = samples.map(({ heldOut }, index) => ({
        heldOut,
        truth: values[index] ?? undefined,
      }));
      return withFile(this.#module, model, (file) =>
        this.#module.makeQuantisation(file, settingNumbers(settings), kept, infos),
      );
    });
  }

  /** What is to be computed, and how far all has come, from 0 to 1. */
  next(): { question: Question | undefined; progress: number } {
    const progress = this.#module.progressOf(this.#quantisation!);
    const question = this.#module.questionOf(this.#quantisation!);
    if (!question) return { question: undefined, progress };
    const { model, sample, fetches } = question;
    const isNew = model > this.#askedAbout;
    if (isNew) this.#askedAbout = model;
    const bytes = isNew ? new Uint8Array(question.bytes) : undefined;
    return { question: { model, sample, fetches, bytes }, progress };
  }

  async answer(values: readonly TensorData[]): Promise<void> {
    await placed(this.#module, values, (ours) =>
      this.#module.answer(this.#quantisation!, ours as EngineValue[]),
    );
  }

  result(): QuantizeResult {
    const { file, report } = this.#module.takeQuantised(this.#quantisation!);
    return { model: taken(this.#module, file), report: readReport(report) };
  }
}

/** Settings as bindings/quantiser reads them. */
function settingNumbers(settings: QuantizeSettings): number[] {
  const { method = 'auto', activations = 'uint8', rounding = 'gptq' } = settings;
  const { perChannel = true, biasCorrection = true, equalise = false } = settings;
  const { budgetDb = 0.1, enlargement = 1, peak = 0 } = settings;
  const { placement = 'fused', float16 = false } = settings;
  return [
    ['auto', ...methods].indexOf(method),
    ['uint8', 'int8'].indexOf(activations),
    Number(perChannel),
    ['nearest', 'gptq'].indexOf(rounding),
    Number(biasCorrection),
    Number(equalise),
    ['fused', 'everywhere'].indexOf(placement),
    budgetDb,
    enlargement,
    peak,
    Number(float16),
  ];
}
