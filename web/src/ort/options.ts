// Options of sessions and runs as onnxruntime has them: what cannot be is an error, what is not so here a
// warning, and what only tunes onnxruntime's engine is taken without effect.

import type { LoadOptions } from '../index.js';
import { oneOf, text, wholeFrom, yesOrNo, type OptionKind } from '../base/check-options.js';
import { described, isRecord } from '../base/kinds.js';
import { invalidOption, warn } from './errors.js';
import type { RunOptions, SessionOptions } from './session-types.js';

type Kinds<Options> = { [Name in keyof Required<Options>]: OptionKind };

const list: OptionKind = { takes: 'a list', accepts: Array.isArray };
const record: OptionKind = { takes: 'an object', accepts: isRecord };
const severity = oneOf(0, 1, 2, 3, 4);

const locations = ['cpu', 'cpu-pinned', 'texture', 'gpu-buffer', 'ml-tensor'];
const location = oneOf(...locations);

const sessionKinds: Kinds<SessionOptions> = {
  executionProviders: list,
  intraOpNumThreads: wholeFrom(0),
  interOpNumThreads: wholeFrom(0),
  freeDimensionOverrides: {
    takes: 'an object of whole numbers from 0 by name',
    accepts: (value) => isRecord(value) && Object.values(value).every(wholeFrom(0).accepts),
  },
  graphOptimizationLevel: oneOf('disabled', 'basic', 'extended', 'layout', 'all'),
  enableCpuMemArena: yesOrNo,
  enableMemPattern: yesOrNo,
  executionMode: oneOf('sequential', 'parallel'),
  optimizedModelFilePath: {
    takes: 'nothing: Fovea writes no optimised models',
    accepts: () => false,
  },
  enableProfiling: yesOrNo,
  profileFilePrefix: text,
  logId: text,
  logSeverityLevel: severity,
  logVerbosityLevel: wholeFrom(0),
  preferredOutputLocation: {
    takes: `${location.takes}, or an object of such by output`,
    accepts: (value) =>
      isRecord(value) ? Object.values(value).every(location.accepts) : location.accepts(value),
  },
  enableGraphCapture: yesOrNo,
  extra: record,
  externalData: list,
};

const runKinds: Kinds<RunOptions> = {
  logSeverityLevel: severity,
  logVerbosityLevel: wholeFrom(0),
  terminate: yesOrNo,
  tag: text,
  extra: record,
};

/**
 * A session's options after a check, in the terms of the package's root.
 *
 * @throws FoveaError InvalidInput, with the `option`
 */
export function loadOptions(options: SessionOptions): LoadOptions {
  check('InferenceSession.create()', options, sessionKinds);
  const { graphOptimizationLevel, intraOpNumThreads, externalData } = options;
  const { preferredOutputLocation: preferred = 'cpu', enableGraphCapture } = options;
  const places = typeof preferred === 'string' ? [preferred] : Object.values(preferred);
  if (places.some((place) => !place.startsWith('cpu'))) {
    warn("results are in JavaScript's memory, wherever preferredOutputLocation wants them");
  }
  if (enableGraphCapture) warn('enableGraphCapture has no effect: there is no GPU');
  return {
    ...(intraOpNumThreads ? { numThreads: intraOpNumThreads } : {}),
    ...(graphOptimizationLevel === 'disabled' ? { disabledPasses: ['*'] } : {}),
    ...(externalData === undefined ? {} : { externalData }),
  };
}

/** Checks a run's options. Throws FoveaError InvalidInput, with the `option`. */
export function checkRunOptions(options: RunOptions): void {
  check('run()', options, runKinds);
}

function check<Options extends object>(
  place: string,
  options: Options,
  kinds: Kinds<Options>,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(kinds, name)) {
      warn(`${place} has no option '${name}': it has no effect`);
      continue;
    }
    const { takes, accepts } = kinds[name as keyof Options];
    if (!accepts(value)) {
      throw invalidOption(name, `of ${place} takes ${takes}, not ${described(value)}`);
    }
  }
}
