import { FoveaError } from 'fovea';
import { models } from 'fovea/models';

/** A network to enlarge pictures with. Two of the same key are the same. */
export interface Network {
  key: string;
  title: string;
  source: Blob | string | URL;
}

type OwnKey = keyof typeof models;

interface Own {
  title: string;
  hint: string;
  /** The network for pictures that become so many times as large. */
  keyFor: (scale: number) => OwnKey;
}

/** The package's own, by what they are good for. */
export const ownNetworks = {
  photo: {
    title: 'Photo',
    hint: 'The sharpest; for most pictures',
    keyFor: (scale) => (scale <= 2 ? 'x2' : scale <= 3 ? 'x3' : 'x4'),
  },
  fast: {
    title: 'Quick',
    hint: 'Several times faster, nearly as sharp',
    keyFor: () => 'x2Fast',
  },
  web: {
    title: 'Repair',
    hint: 'For small JPEGs from the web or a chat: removes blocks and smears',
    keyFor: () => 'x2Web',
  },
} satisfies Record<string, Own>;

export type OwnNetwork = keyof typeof ownNetworks;

/** The package's network of that kind, for pictures that become so many times as large. */
export function ownNetwork(kind: OwnNetwork, scale = 2): Network {
  const { title, keyFor } = ownNetworks[kind] as Own;
  const key = keyFor(scale);
  return { key, title, source: models[key] };
}

/** The network in a file of the user's. */
export function networkOfFile(file: File): Network {
  const key = `file:${file.name}:${file.size}:${file.lastModified}`;
  return { key, title: file.name, source: file };
}

/** The network at an address. */
export function networkAt(address: string): Network {
  return { key: address, title: address.split('/').at(-1) || address, source: address };
}

/**
 * The file of a network.
 *
 * @throws FoveaError NetworkError, or the signal's reason
 */
export async function fileOfNetwork({ source }: Network, signal: AbortSignal): Promise<Blob> {
  if (source instanceof Blob) return source;
  const response = await fetch(source, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    const message = `${String(source)} could not be fetched: ${String(cause)}`;
    throw new FoveaError('NetworkError', message, {}, { cause });
  });
  if (response.ok) return response.blob();
  throw new FoveaError('NetworkError', `${response.url}: ${response.status}`);
}
