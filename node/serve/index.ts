/**
 * Enlarges pictures over HTTP, in Node. docs/service.md tells what it takes and gives.
 *
 * @module fovea/serve
 */

import type { Address, ServiceOptions } from './options.js';
import { Service } from './service.js';

export type { Address, ServiceOptions } from './options.js';

/** A service whose network is loaded. */
export interface Server {
  /**
   * Takes requests from now on.
   *
   * @returns the address it is reached at, such as http://127.0.0.1:8080
   * @throws Error with Node's `code`, such as EADDRINUSE
   */
  listen(address?: Address): Promise<string>;
  /** Takes no more, and waits for the pictures that are under way. */
  close(): Promise<void>;
}

/**
 * Makes a service; it does not listen yet.
 *
 * @example
 * const server = await createServer({ model: 'x4' });
 * console.log(await server.listen({ port: 8080 }));
 * process.once('SIGTERM', () => server.close());
 *
 * @throws FoveaError InvalidInput for an option that means nothing and where the package sharp is
 *   missing; else as Upscaler.create
 */
export async function createServer(options: ServiceOptions = {}): Promise<Server> {
  const { service, app } = await Service.open(options);
  return {
    listen: ({ port = 8080, host = '127.0.0.1' } = {}) => app.listen({ port, host }),
    close: () => service.close(app),
  };
}
