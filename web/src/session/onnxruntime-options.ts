// What onnxruntime's JavaScript packages let one say of a session or a run. Each option either has a
// meaning here, or asks for what is so in Fovea anyway, or is refused with what to do instead.

import {
  oneOf,
  text,
  wholeFrom,
  yesOrNo,
  type OptionKind,
  type OptionKinds,
} from '../base/check-options.js';
import { FoveaError } from '../base/errors.js';
import { isRecord } from '../base/kinds.js';

/** Options of onnxruntime-common's SessionOptions. */
export interface OnnxruntimeSessionOptions {
  /** Where to compute, best first: must name `wasm` or `cpu`, which is what Fovea is. */
  executionProviders?: readonly (string | { readonly name: string })[] | undefined;
  /** `disabled` leaves all optimisations out; all others are what Fovea does by default. */
  graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all' | undefined;
  /** As `numThreads`; 0 for the default. */
  intraOpNumThreads?: number | undefined;
  /** No effect: nodes run one after the other, each on all threads. */
  interOpNumThreads?: number | undefined;
  executionMode?: 'sequential' | undefined;
  /** No effect: memory is planned as a whole and kept between runs, see `trim()`. */
  enableCpuMemArena?: boolean | undefined;
  /** No effect, as enableCpuMemArena. */
  enableMemPattern?: boolean | undefined;
  enableProfiling?: false | undefined;
  enableGraphCapture?: false | undefined;
  /** Results are always in JavaScript's memory. */
  preferredOutputLocation?: 'cpu' | Readonly<Record<string, 'cpu'>> | undefined;
  /** No effect, as all that is about logs: Fovea writes none. */
  logId?: string | undefined;
  logSeverityLevel?: number | undefined;
  logVerbosityLevel?: number | undefined;
}

/** Options of onnxruntime-common's RunOptions. */
export interface OnnxruntimeRunOptions {
  /** No effect, as all that is about logs: Fovea writes none. */
  tag?: string | undefined;
  logSeverityLevel?: number | undefined;
  logVerbosityLevel?: number | undefined;
  /** Fovea's `signal` ends runs. */
  terminate?: false | undefined;
}

export const onnxruntimeRunOptionKinds: OptionKinds<OnnxruntimeRunOptions> = {
  tag: text,
  logSeverityLevel: wholeFrom(0),
  logVerbosityLevel: wholeFrom(0),
  terminate: only(false, 'use the option signal to end a run'),
};

export const onnxruntimeSessionOptionKinds: OptionKinds<OnnxruntimeSessionOptions> = {
  executionProviders: {
    takes: "a list with 'wasm' or 'cpu' in it: Fovea computes by WebAssembly on the processor",
    accepts: (value) => Array.isArray(value) && value.some((each) => isOurs(nameOf(each))),
  },
  graphOptimizationLevel: oneOf('disabled', 'basic', 'extended', 'layout', 'all'),
  intraOpNumThreads: wholeFrom(0),
  interOpNumThreads: wholeFrom(0),
  executionMode: only('sequential', 'nodes run one after the other, each on all threads'),
  enableCpuMemArena: yesOrNo,
  enableMemPattern: yesOrNo,
  enableProfiling: only(false, 'use session.profile()'),
  enableGraphCapture: only(false, 'there is no GPU whose commands are captured'),
  preferredOutputLocation: {
    takes: "'cpu', where all results are",
    accepts: (value) =>
      value === 'cpu' || (isRecord(value) && Object.values(value).every((at) => at === 'cpu')),
  },
  logId: text,
  logSeverityLevel: wholeFrom(0),
  logVerbosityLevel: wholeFrom(0),
};

/** What Fovea's own options are where onnxruntime's ask for the same. */
export function inOwnTerms({
  intraOpNumThreads,
  graphOptimizationLevel,
  numThreads,
  disabledPasses,
}: OwnTerms & OnnxruntimeSessionOptions): OwnTerms {
  if (intraOpNumThreads !== undefined && numThreads !== undefined) {
    throw new FoveaError(
      'InvalidInput',
      "the options 'numThreads' and 'intraOpNumThreads' say the same: give one of them",
      { option: 'intraOpNumThreads' },
    );
  }
  const all = graphOptimizationLevel === 'disabled' ? ['*'] : undefined;
  return {
    numThreads: numThreads ?? (intraOpNumThreads || undefined),
    disabledPasses: disabledPasses ?? all,
  };
}

interface OwnTerms {
  numThreads?: number | undefined;
  disabledPasses?: string[] | undefined;
}

function only(value: string | false, why: string): OptionKind {
  const { takes, accepts } = oneOf(value);
  return { takes: `only ${takes} (${why})`, accepts };
}

function nameOf(provider: unknown): unknown {
  return isRecord(provider) ? provider.name : provider;
}

function isOurs(provider: unknown): boolean {
  return provider === 'wasm' || provider === 'cpu';
}
