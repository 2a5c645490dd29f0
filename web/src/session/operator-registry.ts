import { checkOptions, type OptionKinds } from '../base/check-options.js';
import {
  checkOperator,
  onnxDomain,
  type CustomOperator,
  type OperatorModule,
  type OperatorSource,
} from './custom-operators.js';
import type { Engine } from '../engine/engine.js';
import { absolute } from '../engine/locate.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { isRecord, isUrl } from '../base/kinds.js';

const moduleKinds: OptionKinds<OperatorModule> = {
  module: {
    takes: 'the URL of a module',
    accepts: (value) => typeof value === 'string' || isUrl(value),
  },
};

const registered: { source: CustomOperator | OperatorModule }[] = [];

/**
 * Makes an operator known to all sessions that are created from now on, in place of one for the same
 * opset that was registered before.
 *
 * An engine in a worker, as it is by default, takes only modules, which it imports when the next session
 * is created; that rejects with OperatorError where one cannot be imported. Descriptions are for engines
 * in this thread, such as with the option `worker: false`.
 *
 * @example
 * registerOperator({ module: new URL('./gamma-correction.js', import.meta.url) });
 *
 * @returns a function that takes it back, for sessions that are created after that
 * @throws FoveaError InvalidInput for what describes no operator
 */
export function registerOperator(operator: CustomOperator | OperatorModule): () => void {
  const isModule = isRecord(operator) && 'module' in operator;
  const source = isModule
    ? checkOptions<OperatorModule>(operator, 'registerOperator()', moduleKinds)
    : checkOperator(operator, 'registerOperator()');
  if (isModule && (source as OperatorModule).module === undefined) {
    throw new FoveaError('InvalidInput', 'registerOperator() needs the URL of a module');
  }
  const registration = { source };
  registered.push(registration);
  return () => {
    const index = registered.indexOf(registration);
    if (index >= 0) registered.splice(index, 1);
  };
}

/**
 * What an engine's next session has of the operators that are registered; the engine has imported their
 * modules.
 *
 * @throws FoveaError OperatorError where it cannot
 */
export async function operatorsFor(engine: Engine): Promise<OperatorSource[]> {
  const sources = await Promise.all(
    registered.map(async ({ source }): Promise<OperatorSource> =>
      'module' in source ? { module: await addressOf(source.module) } : source,
    ),
  );
  const urls = sources.flatMap((source) => ('module' in source ? [source.module] : []));
  if (urls.length > 0) await engine.call('importOperators', urls);
  return engine.isRemote ? sources.filter((source) => 'module' in source) : sources;
}

async function addressOf(module: string | URL): Promise<string> {
  try {
    return await absolute(module);
  } catch (cause) {
    throw new FoveaError('OperatorError', messageOf(cause), { url: String(module) }, { cause });
  }
}

/**
 * An error, with what to do where the engine lacks an operator that is registered but cannot get to it.
 */
export function advised(engine: Engine, error: unknown): unknown {
  if (!(error instanceof FoveaError) || error.code !== 'UnsupportedOperator') return error;
  const { operators = '' } = error.fields;
  const advice = adviceFor(engine, (domain, opType) =>
    operators.includes(`${domain && `${domain}.`}${opType} `),
  );
  return advice ? new FoveaError(error.code, `${error.message}. ${advice}`, error.fields) : error;
}

/** What to do to get an operator into an engine's worker, of those meant the first that is registered. */
export function adviceFor(
  engine: Engine,
  isMeant: (domain: string, opType: string) => boolean,
): string | undefined {
  const found = registered.find(
    ({ source }) => !('module' in source) && isMeant(onnxDomain(source), source.opType),
  );
  if (!engine.isRemote || !found) return undefined;
  const { opType } = found.source as CustomOperator;
  return (
    `${opType} is registered as a function, which does not get into the engine's worker: register a ` +
    'module that exports it, or create the session with worker: false'
  );
}
