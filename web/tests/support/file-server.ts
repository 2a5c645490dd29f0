import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface SeenRequest {
  path: string;
  headers: IncomingMessage['headers'];
}

/** A server of one file, which answers as servers of files do, and fails as it is told to. */
export class FileServer {
  readonly seen: SeenRequest[] = [];
  /** The file; may be replaced. */
  body: Uint8Array;
  etag: string | undefined = '"first"';
  lastModified: string | undefined;
  /** Whether it gives parts of the file where they are asked for. */
  ranges = true;
  readonly #failures: ((response: ServerResponse) => void)[] = [];
  readonly #server: Server;

  constructor(body: Uint8Array) {
    this.body = body;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Has the next request, of those that are not told yet, answered by this. */
  failNext(failure: (response: ServerResponse) => void): void {
    this.#failures.push(failure);
  }

  /** As failNext(), by a status. */
  refuseNext(status: number, headers: Record<string, string> = {}): void {
    this.failNext((response) => response.writeHead(status, headers).end());
  }

  /** As failNext(), by a connection that is lost after some bytes of the file. */
  breakNext(bytes: number): void {
    this.failNext((response) => {
      this.#head(response, 200, { 'content-length': String(this.body.length) });
      response.write(this.body.subarray(0, bytes));
      setTimeout(() => response.destroy(), 20);
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Where the file is; also while nobody listens there. */
  url(path = '/model.onnx'): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #port = 0;

  #answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    this.seen.push({ path: url ?? '', headers });
    const failure = this.#failures.shift();
    if (failure) return failure(response);
    const isKnown =
      (this.etag !== undefined && headers['if-none-match'] === this.etag) ||
      (this.lastModified !== undefined && headers['if-modified-since'] === this.lastModified);
    if (isKnown) return void this.#head(response, 304).end();
    const from = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
    const matches = headers['if-range'] === undefined || headers['if-range'] === this.etag;
    if (from === undefined || !this.ranges || !matches) {
      return void this.#head(response, 200, this.#length(this.body)).end(this.body);
    }
    const { length } = this.body;
    const part = this.body.subarray(Number(from));
    const range = { 'content-range': `bytes ${from}-${length - 1}/${length}` };
    this.#head(response, 206, { ...range, ...this.#length(part) }).end(part);
  }

  #length({ length }: Uint8Array): Record<string, string> {
    return { 'content-length': String(length) };
  }

  #head(
    response: ServerResponse,
    status: number,
    headers: Record<string, string> = {},
  ): ServerResponse {
    if (this.etag !== undefined) response.setHeader('etag', this.etag);
    if (this.lastModified !== undefined) response.setHeader('last-modified', this.lastModified);
    return response.writeHead(status, headers);
  }
}
