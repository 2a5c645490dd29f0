import {
  InferenceSession,
  type ExternalData,
  type NodeProfile,
  type Tensor,
  type Value,
} from 'fovea';
import { feedsFor, type FeedPlan } from './feeds.js';

/** Odd, so that there is a median. */
const runs = 3;

/** Runs a model. It is loaded by the first run. */
export class ModelRun {
  /** What it is run on; set before the first run. */
  plan: FeedPlan | undefined;
  readonly #source: Blob;
  readonly #externalData: ExternalData;
  #session: Promise<InferenceSession> | undefined;

  constructor(source: Blob, externalData: ExternalData) {
    this.#source = source;
    this.#externalData = externalData;
  }

  /** What each step of the engine did: of several runs those of the median time. */
  async profile(signal: AbortSignal): Promise<NodeProfile[]> {
    const session = await this.#load(signal);
    const feeds = feedsFor(this.#given);
    const profiles: NodeProfile[][] = [];
    // The first run plans, which the others need not.
    for (let run = 0; run <= runs; ++run) {
      const { nodes } = await session.profile(feeds, { signal });
      if (run > 0) profiles.push(nodes);
    }
    return profiles[0]!.map((_, at) => median(profiles.map((nodes) => nodes[at]!)));
  }

  /** A value of the model, whichever. */
  async value(name: string, signal: AbortSignal): Promise<Value> {
    const session = await this.#load(signal);
    const results = await session.run<Tensor>(feedsFor(this.#given), [name], { signal });
    return results[name]!;
  }

  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.then((loaded) => loaded.release()).catch(() => {});
  }

  get #given(): FeedPlan {
    if (!this.plan) throw new Error('There is no plan of what the model is fed.');
    return this.plan;
  }

  #load(signal: AbortSignal): Promise<InferenceSession> {
    const options = { externalData: this.#externalData, signal };
    this.#session ??= InferenceSession.create(this.#source, options);
    // The next run tries again.
    this.#session.catch(() => (this.#session = undefined));
    return this.#session;
  }
}

function median(nodes: readonly NodeProfile[]): NodeProfile {
  return nodes.toSorted((a, b) => a.milliseconds - b.milliseconds)[nodes.length >> 1]!;
}
