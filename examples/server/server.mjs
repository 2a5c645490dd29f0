// A server of your own: it enlarges the pictures that it is sent.
import fastify from 'fastify';
import { FoveaError, Upscaler } from 'fovea';

const upscaler = await Upscaler.create();
const app = fastify({ bodyLimit: 2 ** 25 });
app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_, body, done) => done(null, body));

app.post('/upscale', async ({ body }, reply) => {
  const signal = AbortSignal.timeout(60_000);
  const file = await upscaler.upscale(/** @type {Buffer} */ (body), { output: 'blob', signal });
  return reply.type(file.type).send(Buffer.from(await file.arrayBuffer()));
});

app.setErrorHandler((error, _, reply) => {
  const isInput = error instanceof FoveaError && error.code === 'InvalidInput';
  const { message, statusCode } = /** @type {Error & {statusCode?: number}} */ (error);
  return reply.code(isInput ? 400 : (statusCode ?? 500)).send({ error: message });
});

process.once('SIGTERM', () => app.close().then(() => upscaler.release()));
console.log(await app.listen({ port: Number(process.env.PORT ?? 8080) }));
