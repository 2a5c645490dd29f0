import { FoveaError } from 'fovea';

/** How a service enlarges pictures, and what it takes. */
export interface ServiceOptions {
  /** The network: a name of the package's (`x2`, which it is unless given, `x4`, ...), a path or a URL. */
  model?: string | undefined;
  /** Threads that compute, all processors unless given. */
  threads?: number | undefined;
  /** Bytes of a picture's file; 32 MiB unless given. */
  maxBytes?: number | undefined;
  /** Pixels of a picture that is sent, whatever its file is compressed to; 25,000,000 unless given. */
  maxPixels?: number | undefined;
  /** Pixels of a result; 100,000,000 unless given. */
  maxResultPixels?: number | undefined;
  /** Pictures that are received, wait or are enlarged at a time; 16 unless given. More are told to come back. */
  maxQueue?: number | undefined;
  /** Milliseconds from the whole request to the result, waiting included; 60,000 unless given. */
  maxMilliseconds?: number | undefined;
  /** Milliseconds that a client has to send its request; 30,000 unless given. */
  maxReceiveMilliseconds?: number | undefined;
  /** Bytes of a request's head; 16 KiB unless given. */
  maxHeaderBytes?: number | undefined;
  /** Told of what is the service's own fault, of which clients learn no more than that. */
  onError?: ((error: unknown) => void) | undefined;
}

/** Where a service listens. */
export interface Address {
  /** 8080 unless given; 0 for one that is free. */
  port?: number | undefined;
  /** 127.0.0.1 unless given: this machine alone can reach it. */
  host?: string | undefined;
}

type LimitName = Exclude<keyof ServiceOptions, 'model' | 'threads' | 'onError'>;

/** All limits. */
export type ServiceLimits = Record<LimitName, number>;

/** What is taken unless an option says otherwise. */
export const defaultLimits: ServiceLimits = {
  maxBytes: 32 * 2 ** 20,
  maxPixels: 25_000_000,
  maxResultPixels: 100_000_000,
  maxQueue: 16,
  maxMilliseconds: 60_000,
  maxReceiveMilliseconds: 30_000,
  maxHeaderBytes: 16 * 2 ** 10,
};

/**
 * Options after a check of their names and values.
 *
 * @throws FoveaError InvalidInput, with the `option`
 */
export function limitsOf(options: ServiceOptions): ServiceLimits {
  const others = ['model', 'threads', 'onError'];
  const names = Object.keys(defaultLimits);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (others.includes(name)) continue;
    if (!names.includes(name)) {
      throw refused(
        `createServer() has no option '${name}', only ${[...others, ...names].join(', ')}`,
        name,
      );
    }
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) > 0)) continue;
    throw refused(
      `the option '${name}' takes a whole number from 1, not ${JSON.stringify(value)}`,
      name,
    );
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...defaultLimits,
    ...Object.fromEntries(given.filter(([name]) => names.includes(name))),
  };
}

function refused(message: string, option: string): FoveaError {
  return new FoveaError('InvalidInput', message, { option });
}
