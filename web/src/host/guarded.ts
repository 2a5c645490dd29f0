import { FoveaError, isCrash, messageOf } from '../base/errors.js';

type EngineFunction = (...args: unknown[]) => unknown;

/**
 * An engine, or another program, that is not entered again once WebAssembly has trapped in it (an access out of bounds, a
 * stack overflow, `unreachable`): its memory is in no known state then, and what else is called,
 * if only to clean up, might never return. All calls throw FoveaError EngineCrashed from then on.
 */
export function guarded<Kind extends object>(engine: Kind): Kind {
  let crash: FoveaError | undefined;

  const enter = (name: string, run: EngineFunction, args: unknown[]): unknown => {
    if (crash) throw crash;
    try {
      return run.apply(engine, args);
    } catch (thrown) {
      if (!isCrash(thrown)) throw thrown;
      crash = crashError(name, thrown);
      throw crash;
    }
  };

  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => enter(String(name), value as EngineFunction, args);
    },
  });
}

function crashError(name: string, cause: unknown): FoveaError {
  const message =
    `the engine crashed in ${name}(): ${messageOf(cause)}. All of its sessions are lost; what is ` +
    'created next gets a new engine';
  return new FoveaError('EngineCrashed', message, { during: name }, { cause });
}
