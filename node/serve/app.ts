// The service's routes, and what every request meets.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { messageOf } from '../base/errors.js';
import type { Metrics } from './metrics.js';
import type { ServiceLimits } from './options.js';
import { busy, Problem, problemBody, problemOf, problemType } from './problem.js';

/** Methods by path. */
const allowed: Readonly<Record<string, string>> = {
  '/upscale': 'POST',
  '/health': 'GET, HEAD',
  '/ready': 'GET, HEAD',
  '/metrics': 'GET, HEAD',
};

/** What the routes need. */
export interface AppParts {
  limits: ServiceLimits;
  metrics: Metrics;
  /** Whether the service ends. */
  isClosing: () => boolean;
  /** Whether a picture would be taken. */
  isReady: () => boolean;
  onError: (error: unknown) => void;
  /** Takes a place for a picture that is about to come; throws Problem. Called back to give it up. */
  admit: () => () => void;
  upscale: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/** Makes the HTTP server; it does not listen yet. */
export async function createApp(parts: AppParts): Promise<FastifyInstance> {
  const { limits, metrics } = parts;
  const app = fastify({
    bodyLimit: limits.maxBytes,
    requestTimeout: limits.maxReceiveMilliseconds,
    // Neither a client that reads slowly nor one that is gone holds its connection for longer.
    connectionTimeout: limits.maxMilliseconds + limits.maxReceiveMilliseconds,
    keepAliveTimeout: 5000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    http: {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: Math.min(limits.maxReceiveMilliseconds, 10_000),
      connectionsCheckingInterval: Math.min(limits.maxReceiveMilliseconds / 4, 1000),
    },
  });
  await addParsers(app, limits);
  addHooks(app, parts);
  app.setErrorHandler((error, _, reply) => sendError(error, reply, parts));
  app.setNotFoundHandler((request) => {
    throw notFound(request);
  });
  app.get('/health', () => ({ status: 'ok' }));
  app.get('/ready', () => {
    if (parts.isReady()) return { status: 'ready' };
    throw busy('NotReady', 'no picture would be taken now');
  });
  app.get('/metrics', async (_, reply) => {
    const { type, text } = await metrics.text();
    return reply.type(type).send(text);
  });
  app.post('/upscale', { onRequest: async (_, reply) => admit(reply, parts) }, parts.upscale);
  return app;
}

/** Bodies are a picture, or a form with one. */
async function addParsers(app: FastifyInstance, { maxBytes }: ServiceLimits): Promise<void> {
  app.removeAllContentTypeParsers();
  const whole = { parseAs: 'buffer' } as const;
  const asItIs = (_: unknown, body: unknown, done: (error: null, body: unknown) => void) =>
    done(null, body);
  app.addContentTypeParser(/^image\//, whole, asItIs);
  app.addContentTypeParser('application/octet-stream', whole, asItIs);
  const form = { files: 1, fields: 0, parts: 1, fileSize: maxBytes, headerPairs: 20 };
  await app.register(multipart, { limits: form });
}

function addHooks(app: FastifyInstance, { metrics, isClosing }: AppParts): void {
  app.addHook('onSend', async (_, reply) => {
    void reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    if (isClosing()) void reply.header('connection', 'close');
  });
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const seconds = reply.elapsedTime / 1000;
    metrics.answered(method, routeOptions.url ?? 'other', reply.statusCode, seconds);
  });
}

/** A place is held until the answer has gone, or the client. */
function admit(reply: FastifyReply, { admit: takePlace }: AppParts): void {
  const leave = takePlace();
  reply.raw.once('close', leave);
}

function sendError(error: unknown, reply: FastifyReply, { onError }: AppParts): FastifyReply {
  const problem = problemOf(error) ?? internal(error, onError);
  const { status, headers } = problem;
  return reply
    .status(status)
    .headers(headers)
    .type(problemType)
    .send(Buffer.from(problemBody(problem)));
}

function internal(error: unknown, onError: (error: unknown) => void): Problem {
  onError(error);
  return new Problem(500, 'Internal', 'the service has a fault, which it has told its operator');
}

function notFound({ method, url }: FastifyRequest): Problem {
  const path = url.split('?')[0]!;
  const methods = allowed[path];
  if (methods === undefined) {
    const paths = Object.keys(allowed).join(', ');
    return new Problem(404, 'NotFound', `there is nothing here; there are ${paths}`);
  }
  const detail = `${method} is not for ${path}, which takes ${methods}`;
  return new Problem(405, 'MethodNotAllowed', detail, { allow: methods });
}

const brokenRequests: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the head of the request is too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time'],
};

/** What is no HTTP, or comes too slowly, never becomes a request. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, detail] = brokenRequests[error.code ?? ''] ?? [400, messageOf(error)];
  const body = problemBody(new Problem(status, 'BadRequest', detail));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
