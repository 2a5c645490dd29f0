import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIResponse, Page, Request, Route } from '@playwright/test';

type Handler = Parameters<Page['route']>[1];

interface Routing {
  url: URL;
  /** Where the file is; undefined for what is elsewhere. */
  upstream: URL | undefined;
  request: IncomingMessage;
  response: ServerResponse;
  /** Those who may answer, in order. */
  handlers: Handler[];
}

/** A request on its way through the routes that fit, to the file itself. */
export class RoutedRequest {
  readonly #routing: Routing;

  constructor(routing: Routing) {
    this.#routing = routing;
  }

  /** Asks the next route, or sends the file when there is none. */
  async next(): Promise<void> {
    const handler = this.#routing.handlers.shift();
    if (handler) {
      const route = this.#route();
      return void (await handler(route, route.request()));
    }
    await this.#fulfill({ response: await this.#fetch() });
  }

  /** The part of Playwright's Route that tests use. */
  #route(): Route {
    const { request, response, url } = this.#routing;
    const route: Pick<Route, 'request' | 'fetch' | 'fulfill' | 'fallback' | 'abort'> = {
      request: () =>
        ({
          url: () => url.href,
          method: () => request.method!,
          headers: () => request.headers,
        }) as Request,
      fetch: () => this.#fetch(),
      fulfill: (options) => this.#fulfill(options),
      fallback: () => this.next(),
      abort: async () => void response.destroy(),
    };
    return route as Route;
  }

  async #fetch(): Promise<APIResponse> {
    const { upstream, request, url } = this.#routing;
    if (!upstream) throw new Error(`No test serves ${url.href}`);
    const headers = { ...request.headers };
    // Of this connection, not of the next.
    for (const name of ['host', 'connection']) delete headers[name];
    const answer = await fetch(upstream, {
      method: request.method!,
      headers: headers as Record<string, string>,
    });
    const body = Buffer.from(await answer.arrayBuffer());
    return {
      status: () => answer.status,
      headers: () => Object.fromEntries(answer.headers),
      body: async () => body,
      text: async () => body.toString(),
    } as APIResponse;
  }

  #fulfill: Route['fulfill'] = async (options = {}) => {
    const { response } = this.#routing;
    const { status = options.response?.status() ?? 200, contentType } = options;
    const body = options.body ?? (await options.response?.body()) ?? '';
    const headers: Record<string, string> = {
      ...options.response?.headers(),
      ...options.headers,
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      // Playwright's routes have nothing kept in the browser's own cache, either.
      'cache-control': 'no-store',
    };
    // Of how the body came, not of what it is.
    for (const name of ['transfer-encoding', 'content-encoding', 'connection', 'keep-alive']) {
      delete headers[name];
    }
    if (status !== 304) headers['content-length'] = String(Buffer.byteLength(body));
    response.writeHead(status, headers).end(body);
  };
}
