import { Option, type Command } from 'commander';
import { wholeNumber, type ReadValue } from '../base/values.js';
import { modelOption, read } from './option-kinds.js';
import { tellUser } from './print.js';

type ServeFlags = { port: number; host: string; model: string; threads?: number } & Partial<
  Record<keyof typeof limits, number>
>;

/** Flags by the limits of the service, which says what they are unless given. */
const limits = {
  maxBytes: ['--max-bytes <n>', 'of a file that is sent'],
  maxPixels: ['--max-pixels <n>', 'of a picture that is sent'],
  maxResultPixels: ['--max-result-pixels <n>', 'of a result'],
  maxQueue: ['--max-queue <n>', 'pictures that wait or are under way'],
  maxMilliseconds: ['--max-milliseconds <n>', 'for a picture, waiting included'],
  maxReceiveMilliseconds: ['--max-receive-milliseconds <n>', 'for a request to arrive'],
  maxHeaderBytes: ['--max-header-bytes <n>', "of a request's head"],
} as const;

const help = `
Examples:
  fovea serve --model x4
  curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' -o large.png \\
    'http://127.0.0.1:8080/upscale?format=png'
  curl -F picture=@photo.jpg -o large.jpg 'http://127.0.0.1:8080/upscale?width=1920'`;

/** `fovea serve`. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('enlarge pictures over HTTP')
    .option('-p, --port <port>', '0 for any', read(wholeNumber(0, 65535)), 8080)
    .option('--host <address>', 'this machine alone unless given', '127.0.0.1')
    .addOption(modelOption())
    .option('--threads <count>', 'threads that compute', read(wholeNumber(1, 64)));
  const above: ReadValue<number> = wholeNumber(1);
  for (const [flags, description] of Object.values(limits)) {
    command.addOption(new Option(flags, description).argParser(read(above)));
  }
  command.addHelpText('after', help).action(serve);
}

async function serve({ port, host, ...options }: ServeFlags): Promise<void> {
  // No other command waits until the service and its libraries are loaded.
  const { createServer } = await import('fovea/serve');
  const server = await createServer({
    ...options,
    onError: (error) => tellUser(error instanceof Error ? String(error.stack) : String(error)),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      tellUser('Finishing what is under way; the same signal again ends it at once.');
      void server.close().then(() => process.exit(0));
    });
  }
  const url = await server.listen({ port, host });
  if (!isLoopback(host)) {
    tellUser('Others than this machine can reach the service, which asks nobody who they are.');
  }
  tellUser(`fovea serves ${url}`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
