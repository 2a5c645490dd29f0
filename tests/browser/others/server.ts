// A server in front of the checkout's, which answers in its stead what tests route: Playwright's page.route()
// for browsers whose requests it cannot intercept.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { RoutedRequest } from './route.js';

type Pattern = string | RegExp;
type Handler = Parameters<Page['route']>[1];

/** The origin of one page: no other page has the same, so that nothing is kept from an earlier test. */
export class PageServer {
  readonly #upstream: string;
  readonly #server: Server;
  #routes: { pattern: Pattern; handler: Handler }[] = [];

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = createServer((request, response) => {
      void this.answer(new URL(request.url!, this.origin), request, response);
    });
  }

  /** Starts one in front of the server at that address. */
  static async start(upstream: string): Promise<PageServer> {
    const server = new PageServer(upstream);
    server.#server.listen(0, 'localhost');
    await once(server.#server, 'listening');
    return server;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#routes = [];
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  readonly route: Page['route'] = async (pattern, handler) => {
    this.#routes.unshift({ pattern: pattern as Pattern, handler });
    return { dispose: () => this.unroute(pattern) } as never;
  };

  readonly unroute: Page['unroute'] = async (pattern) => {
    this.#routes = this.#routes.filter(
      (route) => String(route.pattern) !== String(pattern as Pattern),
    );
  };

  /** Answers a request, of this origin or of another. */
  async answer(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handlers = this.#routes
      .filter(({ pattern }) => matches(pattern, url.href))
      .map(({ handler }) => handler);
    const isOwn = url.origin === this.origin;
    const upstream = isOwn ? new URL(url.pathname + url.search, this.#upstream) : undefined;
    const routed = new RoutedRequest({ url, upstream, request, response, handlers });
    try {
      await routed.next();
    } catch {
      response.destroy();
    }
  }
}

/** Answers for all names but localhost, as the origin does that is in use; its port. */
export async function startProxy(current: () => PageServer | undefined): Promise<Server> {
  const proxy = createServer((request, response) => {
    const server = current();
    if (!server || !URL.canParse(request.url!)) return void response.destroy();
    void server.answer(new URL(request.url!), request, response);
  });
  // A TLS connection, which only the browser's own services ask for.
  proxy.on('connect', (_request, socket) => socket.destroy());
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

/** As Playwright takes patterns: `**` is any text, `*` any text within a folder. */
function matches(pattern: Pattern, url: string): boolean {
  if (pattern instanceof RegExp) return pattern.test(url);
  const parts = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*';
    return part === '*' ? '[^/]*' : part.replace(/[.?+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`).test(url);
}
