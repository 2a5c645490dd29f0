import { nodeModule } from '../base/environment.js';
import { isRecord } from '../base/kinds.js';
import {
  sha256,
  type CacheKey,
  type CachedFile,
  type FileCache,
  type Validators,
} from './cache.js';

type Paths = typeof import('node:path');
type Files = typeof import('node:fs/promises');

/** What is written beside a file's bytes. */
interface Entry extends CacheKey, Validators {
  /** The name of the file with the bytes. */
  file: string;
  size: number;
  sha256: string;
}

/** The names of our files, with those that a crash left half written. */
const ours = /^[0-9a-f]{64}(-[0-9a-f]+)?\.(json|onnx|part)$/;

/** Keeps files in a folder. */
export async function openFolderCache(path: string | true): Promise<FileCache> {
  const paths = await nodeModule<typeof import('node:path')>('path');
  const fs = await nodeModule<typeof import('node:fs/promises')>('fs/promises');
  const folder = path === true ? await defaultFolder(paths) : paths.resolve(path);
  return new FolderCache(fs, paths, folder);
}

/** The folder for what programs can fetch again, as each platform has it, and ours in there. */
async function defaultFolder(paths: Paths): Promise<string> {
  const { homedir } = await nodeModule<typeof import('node:os')>('os');
  const { env, platform } = process;
  const inHome =
    platform === 'darwin'
      ? paths.join(homedir(), 'Library', 'Caches')
      : platform === 'win32'
        ? (env.LOCALAPPDATA ?? paths.join(homedir(), 'AppData', 'Local'))
        : paths.join(homedir(), '.cache');
  return paths.join(env.XDG_CACHE_HOME || inHome, 'fovea', 'models');
}

class FolderCache implements FileCache {
  readonly #fs: Files;
  readonly #paths: Paths;
  readonly #folder: string;

  constructor(fs: Files, paths: Paths, folder: string) {
    this.#fs = fs;
    this.#paths = paths;
    this.#folder = folder;
  }

  async find(key: CacheKey): Promise<CachedFile | undefined> {
    const about = await this.#read(key);
    if (!about) return undefined;
    const read = async () => {
      const bytes = await this.#fs.readFile(this.#path(about.file)).catch(() => undefined);
      const whole = bytes?.byteLength === about.size && (await sha256(bytes)) === about.sha256;
      if (whole) return bytes;
      await this.#remove(`${await nameOf(key)}.json`, about.file);
      return undefined;
    };
    return { etag: about.etag, lastModified: about.lastModified, read };
  }

  async store(key: CacheKey, validators: Validators, bytes: Uint8Array): Promise<void> {
    const [name, hash] = await Promise.all([nameOf(key), sha256(bytes)]);
    const before = await this.#read(key);
    await this.#fs.mkdir(this.#folder, { recursive: true });
    // Bytes never change under their name, so that whoever reads the entry before finds its own.
    const file = `${name}-${hash.slice(0, 16)}.onnx`;
    const entry: Entry = { ...key, ...validators, file, size: bytes.byteLength, sha256: hash };
    await this.#write(file, bytes);
    await this.#write(`${name}.json`, new TextEncoder().encode(JSON.stringify(entry)));
    if (before && before.file !== file) await this.#remove(before.file);
  }

  async clear(): Promise<void> {
    const files = await this.#fs.readdir(this.#folder).catch(() => []);
    await this.#remove(...files.filter((file) => ours.test(file)));
  }

  async #read(key: CacheKey): Promise<Entry | undefined> {
    try {
      const text = await this.#fs.readFile(this.#path(`${await nameOf(key)}.json`), 'utf8');
      const entry = JSON.parse(text) as Entry;
      return isRecord(entry) && ours.test(entry.file) ? entry : undefined;
    } catch {
      return undefined;
    }
  }

  /** A file is there as a whole or not at all: it gets its name when it is written. */
  async #write(file: string, bytes: Uint8Array): Promise<void> {
    const random = crypto.getRandomValues(new Uint32Array(2));
    const part = this.#path(
      `${file.slice(0, 64)}-${random[0]!.toString(16)}${random[1]!.toString(16)}.part`,
    );
    try {
      await this.#fs.writeFile(part, bytes);
      await this.#fs.rename(part, this.#path(file));
    } catch (error) {
      await this.#fs.rm(part, { force: true }).catch(() => {});
      throw error;
    }
  }

  async #remove(...files: string[]): Promise<void> {
    await Promise.all(files.map((file) => this.#fs.rm(this.#path(file), { force: true })));
  }

  #path(file: string): string {
    return this.#paths.join(this.#folder, file);
  }
}

function nameOf({ url, integrity }: CacheKey): Promise<string> {
  return sha256(new TextEncoder().encode(`${url} ${integrity}`));
}
