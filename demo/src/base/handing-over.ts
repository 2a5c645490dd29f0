// Files go from one page to another in tabs of one browser: nothing is stored, nothing is sent.

import { PlainError } from './messages.js';

const channelName = 'fovea.files';

/** How long the other page has to answer, in milliseconds. */
const patience = 3000;

type Message = { wanted: string } | { given: string; file: File };

/** Gives a file to pages that ask for it by its key, for as long as this page is open. */
export class Offer {
  readonly key = crypto.randomUUID();
  readonly #channel = new BroadcastChannel(channelName);

  constructor(file: File) {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      const { key } = this;
      const isWanted = 'wanted' in data && data.wanted === key;
      if (isWanted) this.#channel.postMessage({ given: key, file } satisfies Message);
    };
  }

  close(): void {
    this.#channel.close();
  }
}

/**
 * A file that another page gives.
 *
 * @throws PlainError where that page is closed
 */
export function offered(key: string): Promise<File> {
  const channel = new BroadcastChannel(channelName);
  return new Promise<File>((resolve, reject) => {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ('given' in data && data.given === key) resolve(data.file);
    };
    const message = 'The page that made it is closed. Download the file there, and open it here.';
    const error = new PlainError('This model is no longer there.', message);
    setTimeout(() => reject(error), patience);
    channel.postMessage({ wanted: key } satisfies Message);
  }).finally(() => channel.close());
}
