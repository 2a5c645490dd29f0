import { checkOptions, type OptionKinds } from '../base/check-options.js';
import { FoveaError, abortError } from '../base/errors.js';
import { tell } from '../base/progress.js';
import type { TensorData } from '../host/feeding.js';
import { InferenceSession } from '../index.js';
import { networkOptionKinds } from '../network/options.js';
import { loadOptionKinds } from '../source/reading.js';
import type { ModelSource } from '../source/source.js';
import { tensorData } from '../session/values.js';
import { readWhole } from '../tools/edit.js';
import { withTools } from '../tools/tools.js';
import type { Question, SampleInfo } from './module.js';
import { quantizeOptionKinds, quantizeSettingKinds, type QuantizeOptions } from './options.js';
import { withQuantiser } from './program.js';
import type { QuantizeResult } from './report.js';
import { samplesOfPictures, type Sample } from './samples.js';

/**
 * Quantises a model: its convolutions and products compute with bytes, as far as the loss that is allowed
 * lets them. It is calibrated with pictures, or with what it is fed; nothing is sent anywhere.
 *
 * @param model what InferenceSession.create takes
 * @throws FoveaError as InferenceSession.create; InvalidInput where there are no pictures or feeds, or all
 *   pictures are of one colour, for a model that is quantised already or has nothing to quantise, for
 *   weights or values that are not finite, and for pictures given to a model that does not enlarge them;
 *   Aborted as soon as `options.signal` fires
 *
 * @example
 * const { model, report } = await quantize('network.onnx', { images: [photo1, photo2] });
 * console.log(`${report.bytesAfter} bytes, ${report.lossDb.toFixed(3)} dB lost`);
 */
export async function quantize(
  model: ModelSource,
  options: QuantizeOptions,
): Promise<QuantizeResult> {
  checkOptions(options, 'quantize()', quantizeOptionKinds);
  const { images, feeds, signal, onProgress } = options;
  if ((images === undefined) === (feeds === undefined)) {
    const message = "quantize() takes either the option 'images' or 'feeds': what the model is for";
    throw new FoveaError('InvalidInput', message, { option: images ? 'feeds' : 'images' });
  }
  const bytes = await readWhole(model, options);
  const loading = { ...chosen(options, loadOptionKinds), ...readAlready };
  const { samples, ...known } = feeds
    ? { samples: feeds.map((each) => ({ feeds: each, truth: undefined })) }
    : await samplesOfPictures(bytes, images!, options, {
        ...chosen(options, networkOptionKinds),
        ...loading,
      });
  const load = (file: Uint8Array) => InferenceSession.create(file, loading);
  const host = await Answerer.open(samples, load, bytes);
  try {
    let raised = await raise(bytes, host.opset, options);
    const infos = told(samples, options, host.firstOutput);
    const settings = { ...known, ...chosen(options, quantizeSettingKinds) };
    return await withQuantiser(options, async (quantiser) => {
      if (await quantiser.call('wantsFolding', raised.slice())) raised = await host.fold(raised);
      await quantiser.call('begin', raised, settings, infos);
      for (;;) {
        const { question, progress } = await quantiser.call('next');
        tell(onProgress, { stage: 'quantize', done: progress, total: 1 });
        if (!question) return await quantiser.call('result');
        if (signal?.aborted) throw abortError(signal);
        await quantiser.call('answer', await host.answer(question, signal));
      }
    });
  } finally {
    await host.release();
  }
}

/** The first version of the operators that dequantises by channels. */
const leastOpset = 13;

/** The model as the quantiser takes it, which may keep the bytes. */
async function raise(
  bytes: Uint8Array,
  opset: number,
  { signal, ...options }: QuantizeOptions,
): Promise<Uint8Array> {
  const nothing = { producerName: undefined, producerVersion: undefined, docString: undefined };
  if (opset >= leastOpset) return bytes.slice();
  return withTools(options, signal, (tools) =>
    tools.call('edited', bytes.slice(), { metadata: {}, ...nothing, opset: leastOpset }),
  );
}

/** The bytes are there, checked and decrypted. */
const readAlready = {
  cache: undefined,
  integrity: undefined,
  decrypt: undefined,
  onProgress: undefined,
};

/** Computes what the quantiser asks for, with one quantised model at a time. */
class Answerer {
  readonly #samples: readonly Sample[];
  readonly #load: (file: Uint8Array) => Promise<InferenceSession>;
  #float: InferenceSession;
  #candidate: { model: number; session: Promise<InferenceSession> } | undefined;

  private constructor(
    samples: readonly Sample[],
    load: (file: Uint8Array) => Promise<InferenceSession>,
    float: InferenceSession,
  ) {
    this.#samples = samples;
    this.#load = load;
    this.#float = float;
  }

  static async open(
    samples: readonly Sample[],
    load: (file: Uint8Array) => Promise<InferenceSession>,
    model: Uint8Array,
  ): Promise<Answerer> {
    return new Answerer(samples, load, await load(model));
  }

  /** The version of the default operators. */
  get opset(): number {
    const { opsets } = this.#float.metadata;
    return opsets.find(({ domain }) => ['', 'ai.onnx'].includes(domain))?.version ?? Infinity;
  }

  get firstOutput(): string | undefined {
    return this.#float.outputNames[0];
  }

  /** Goes on with what optimisation leaves of a model, and gives its bytes. */
  async fold(model: Uint8Array): Promise<Uint8Array> {
    const session = await this.#load(model);
    const folded = await session.optimizedModel().finally(() => session.release());
    await this.#float.release();
    this.#float = await this.#load(folded);
    return folded;
  }

  async answer(question: Question, signal: AbortSignal | undefined): Promise<TensorData[]> {
    const session = await this.#session(question);
    const { feeds } = this.#samples[question.sample]!;
    const values = await session.run(feeds, question.fetches, { signal });
    // What a session gave is nobody else's.
    return question.fetches.map((name) => tensorData(values[name]!, (own) => own));
  }

  async release(): Promise<void> {
    const candidate = await this.#candidate?.session.catch(() => undefined);
    await Promise.allSettled([this.#float.release(), candidate?.release()]);
  }

  async #session({ model, bytes }: Question): Promise<InferenceSession> {
    if (model === 0) return this.#float;
    if (this.#candidate?.model !== model) {
      await (await this.#candidate?.session)?.release();
      this.#candidate = { model, session: this.#load(bytes!) };
    }
    return this.#candidate.session;
  }
}

/** Which samples judge: spread over all. */
function told(
  samples: readonly Sample[],
  { heldOut }: QuantizeOptions,
  firstOutput: string | undefined,
): SampleInfo<TensorData>[] {
  const { length } = samples;
  const count = heldOut ?? (length > 1 ? Math.max(1, Math.floor(length / 4)) : 0);
  if (count >= length && length > 0 && count > 0) {
    const message = `of ${length} samples at most ${length - 1} can be held out, not ${count}`;
    throw new FoveaError('InvalidInput', message, { option: 'heldOut' });
  }
  const part = (index: number) => Math.floor((index * count) / length);
  return samples.map(({ truth }, index) => ({
    heldOut: part(index + 1) > part(index),
    truth: truth?.output === firstOutput ? truth?.data : undefined,
  }));
}

/** Those options that something else takes, too. */
function chosen<Part extends object>(options: Part, kinds: OptionKinds<Part>): Part {
  const names = Object.keys(options).filter((name) => Object.hasOwn(kinds, name));
  return Object.fromEntries(names.map((name) => [name, options[name as keyof Part]])) as Part;
}
