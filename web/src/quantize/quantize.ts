import { checkOptions, type OptionKinds } from '../base/check-options.js';
import { FoveaError, abortError } from '../base/errors.js';
import { bytesIn } from '../base/kinds.js';
import { tell } from '../base/progress.js';
import { InferenceSession, type Tensor } from '../index.js';
import { networkOptionKinds } from '../network/options.js';
import { loadOptionKinds } from '../source/reading.js';
import type { ModelSource } from '../source/source.js';
import { tensorData } from '../session/values.js';
import { readWhole } from '../tools/edit.js';
import type { Question } from '../tools/module.js';
import { withTools, type Tools } from '../tools/tools.js';
import { quantizeOptionKinds, type QuantizeOptions } from './options.js';
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
  const samples = feeds
    ? feeds.map((each): Sample => ({ feeds: each, truth: undefined }))
    : await samplesOfPictures(bytes, images!, options, {
        ...chosen(options, { ...loadOptionKinds, ...networkOptionKinds }),
        ...readAlready,
      });
  return withTools(options, signal, async (tools) => {
    const host = new Answerer(bytes, samples, (file) => InferenceSession.create(file, loading));
    try {
      await tools.call(
        'beginQuantising',
        bytes.slice(),
        settingsOf(options),
        told(samples, options),
      );
      tell(onProgress, { stage: 'quantize', done: 0, total: 1 });
      for (;;) {
        const { question, progress } = await tools.call('question');
        tell(onProgress, { stage: 'quantize', done: progress, total: 1 });
        if (!question) return await tools.call('quantised');
        if (signal?.aborted) throw abortError(signal);
        await answer(tools, await host.answer(question, signal));
      }
    } finally {
      await host.release();
    }
  });
}

/** The bytes are there, checked and decrypted. */
const readAlready = {
  cache: undefined,
  integrity: undefined,
  decrypt: undefined,
  onProgress: undefined,
};

async function answer(tools: Tools, values: Tensor[]): Promise<void> {
  // What a session gave is nobody else's.
  const own = (value: Uint8Array) => value;
  await tools.call(
    'answer',
    values.map((value) => tensorData(value, own)),
  );
}

/** Computes what the quantiser asks for, with one quantised model at a time. */
class Answerer {
  readonly #samples: readonly Sample[];
  readonly #open: (file: Uint8Array) => Promise<InferenceSession>;
  readonly #float: Promise<InferenceSession>;
  #candidate: { model: number; session: Promise<InferenceSession> } | undefined;

  constructor(
    bytes: Uint8Array,
    samples: readonly Sample[],
    open: (file: Uint8Array) => Promise<InferenceSession>,
  ) {
    this.#samples = samples;
    this.#open = open;
    this.#float = open(bytes);
    this.#float.catch(() => {});
  }

  async answer(question: Question, signal: AbortSignal | undefined): Promise<Tensor[]> {
    const session = await this.#session(question);
    const { feeds } = this.#samples[question.sample]!;
    const values = await session.run(feeds, question.fetches, { signal });
    return question.fetches.map((name) => values[name]!);
  }

  async release(): Promise<void> {
    const sessions = [this.#float, this.#candidate?.session];
    await Promise.allSettled(sessions.map(async (session) => (await session)?.release()));
  }

  async #session({ model, bytes }: Question): Promise<InferenceSession> {
    if (model === 0) return this.#float;
    if (this.#candidate?.model !== model) {
      await (await this.#candidate?.session)?.release();
      this.#candidate = { model, session: this.#open(bytes!) };
    }
    return this.#candidate.session;
  }
}

/** Which samples judge: spread over all. */
function told(samples: readonly Sample[], { heldOut }: QuantizeOptions) {
  const { length } = samples;
  const count = heldOut ?? (length > 1 ? Math.max(1, Math.floor(length / 4)) : 0);
  if (count >= length && length > 0 && count > 0) {
    const message = `of ${length} samples at most ${length - 1} can be held out, not ${count}`;
    throw new FoveaError('InvalidInput', message, { option: 'heldOut' });
  }
  const part = (index: number) => Math.floor((index * count) / length);
  return samples.map(({ truth }, index) => ({
    heldOut: part(index + 1) > part(index),
    truth: truth && tensorData(truth, (value) => bytesIn(value)!.slice()),
  }));
}

function settingsOf(options: QuantizeOptions) {
  const { method = 'auto', activations = 'uint8', rounding = 'gptq' } = options;
  const { perChannel = true, biasCorrection = true, equalise = false } = options;
  const { keepFloat = 'auto', budgetDb = 0.1, placement = 'fused', float16 = false } = options;
  return {
    ...{ method, activations, rounding, perChannel, biasCorrection, equalise },
    ...{ keepFloat: keepFloat === 'auto' ? null : keepFloat, budgetDb, placement, float16 },
  };
}

/** Those options that something else takes, too. */
function chosen<Options extends object>(
  options: Options,
  kinds: OptionKinds<Pick<Options, never>> | object,
): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(kinds, name)),
  ) as Partial<Options>;
}
