import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import { FoveaError as PackageError, InferenceSession, Tensor } from 'fovea';
import {
  decryptAes128Gcm,
  encryptAes128Gcm,
  FoveaError,
  type Aes128GcmKey,
  type EncryptOptions,
  type KeyFor,
  type Transform,
} from 'fovea/encryption';
import { failureOf } from './support/errors.js';
import { addModel } from './support/models.js';

interface EceParameters {
  version: 'aes128gcm';
  key: Buffer;
  salt?: Buffer;
  rs?: number;
  keyid?: string;
  pad?: number;
}

/** Another implementation. */
const ece = createRequire(import.meta.url)('http_ece') as {
  encrypt(data: Buffer, parameters: EceParameters): Buffer;
  decrypt(data: Buffer, parameters: EceParameters): Buffer;
};

const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64url'));
const key = Uint8Array.from({ length: 16 }, (_, index) => 7 * index + 1);
const version = 'aes128gcm';

function bytesOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * index) % 251);
}

/** A stream of bytes in pieces of a size. */
function streamOf(bytes: Uint8Array, piece = 1000): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset + piece));
      offset += piece;
    },
  });
}

async function gathered(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Uint8Array.from(Buffer.concat(chunks));
}

const encrypt = (bytes: Uint8Array, options: EncryptOptions = {}, piece?: number) =>
  gathered(encryptAes128Gcm(key, options)(streamOf(bytes, piece)));
const decrypt = (bytes: Uint8Array, given: Aes128GcmKey | KeyFor = key, piece?: number) =>
  gathered(decryptAes128Gcm(given)(streamOf(bytes, piece)));

/** As toEqual() of many bytes, in a fraction of the time. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected)).toBe(0);
}

const headerSize = 21;
// 100 bytes of data each.
const recordSize = 117;

describe("RFC 8188's examples", () => {
  const walrus = new TextEncoder().encode('I am the walrus');

  test('in one record', async () => {
    const given = fromBase64('yqdlZ-tYemfogSmv7Ws5PQ');
    const encrypted = fromBase64(
      'I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg',
    );
    expect(await decrypt(encrypted, given)).toEqual(walrus);
    const salt = encrypted.slice(0, 16);
    const again = encryptAes128Gcm(given, { recordSize: 4096, salt })(streamOf(walrus));
    expect(await gathered(again)).toEqual(encrypted);
  });

  test('in several, with padding and the name of a key', async () => {
    const encrypted = fromBase64(
      'uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA',
    );
    const names: string[] = [];
    const keyFor = (name: string) => {
      names.push(name);
      return fromBase64('BO3ZVPxUlnLORbVGMpbT1Q');
    };
    expect(await decrypt(encrypted, keyFor)).toEqual(walrus);
    expect(names).toEqual(['a1']);
  });
});

describe.each([18, 19, recordSize, 4096, 65536])('records of %d bytes', (recordSize) => {
  const inRecord = recordSize - 17;

  test.each([0, 1, inRecord - 1, inRecord, inRecord + 1, 3 * inRecord, 3 * inRecord + 5])(
    'hold %d bytes, and so does another implementation',
    async (length) => {
      const bytes = bytesOf(length);
      const encrypted = await encrypt(bytes, { recordSize });
      const records = Math.max(1, Math.ceil(length / inRecord));
      expect(encrypted).toHaveLength(headerSize + length + 17 * records);
      expectSame(await decrypt(encrypted), bytes);
      const parameters = { version, key: Buffer.from(key) } as const;
      const byOther = ece.decrypt(Buffer.from(encrypted), parameters);
      expectSame(byOther, bytes);
      const ofOther = ece.encrypt(Buffer.from(bytes), { ...parameters, rs: recordSize });
      expectSame(await decrypt(Uint8Array.from(ofOther)), bytes);
    },
  );
});

test('padding of another implementation is left out, be there nothing else in a record', async () => {
  const parameters = { version, key: Buffer.from(key), rs: 40, pad: 100 } as const;
  const encrypted = ece.encrypt(Buffer.from(bytesOf(50)), parameters);
  expect(await decrypt(Uint8Array.from(encrypted))).toEqual(bytesOf(50));
});

test.each([1, 7, 1_000_000])('pieces of a stream may be %d bytes', async (piece) => {
  const bytes = bytesOf(2000);
  const encrypted = await encrypt(bytes, { recordSize }, piece);
  expect(await decrypt(encrypted, key, piece)).toEqual(bytes);
});

test('no two files are alike', async () => {
  expect(await encrypt(bytesOf(10))).not.toEqual(await encrypt(bytesOf(10)));
});

test('nothing is read before it is asked for, and no more than a record ahead', async () => {
  let read = 0;
  const endless = new ReadableStream<Uint8Array>(
    { pull: (sink) => (read++, sink.enqueue(bytesOf(100))) },
    { highWaterMark: 0 },
  );
  const reader = decryptAes128Gcm(key)(encryptAes128Gcm(key, { recordSize })(endless)).getReader();
  expect(read).toBe(0);
  await reader.read();
  expect(read).toBeLessThan(5);
  await reader.cancel();
});

describe('a key', () => {
  test('may be one that scripts cannot read', async () => {
    const cryptoKey = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
    expect(await decrypt(await encrypt(bytesOf(9)), cryptoKey)).toEqual(bytesOf(9));
  });

  test('may be asked for by its name', async () => {
    const encrypted = await encrypt(bytesOf(9), { keyId: 'schlüssel-1' });
    const keyFor = async (name: string) => (name === 'schlüssel-1' ? key : new Uint8Array(16));
    expect(await decrypt(encrypted, keyFor)).toEqual(bytesOf(9));
  });

  test.each([['a word'], [new Uint8Array(15)], [undefined], [{}]])('is not %p', async (wrong) => {
    for (const use of [decryptAes128Gcm, encryptAes128Gcm]) {
      expect(() => use(wrong as never)).toThrow(
        expect.objectContaining({ code: 'InvalidInput', name: 'FoveaError' }),
      );
    }
    const failed = failureOf(decrypt(await encrypt(bytesOf(9)), () => wrong as never));
    expect((await failed).code).toBe('InvalidInput');
  });

  test('of AES instead of HKDF is refused', async () => {
    const wrong = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
    expect(() => decryptAes128Gcm(wrong)).toThrow('for HKDF');
  });
});

describe('an error tells of', () => {
  const whole = () => encrypt(bytesOf(350), { recordSize });
  /** The file with its records, of which the last is short, in another order. */
  async function reordered(...order: number[]): Promise<Uint8Array> {
    const file = await whole();
    const at = (record: number) => headerSize + record * recordSize;
    const records = order.map((record) => file.subarray(at(record), at(record + 1)));
    return Uint8Array.from(Buffer.concat([file.subarray(0, headerSize), ...records]));
  }
  const failure = (file: Uint8Array, given?: Uint8Array) => failureOf(decrypt(file, given));

  test('another key', async () => {
    const { code, message, fields } = await failure(await whole(), new Uint8Array(16));
    expect({ code, fields }).toEqual({ code: 'DecryptionError', fields: { record: '0' } });
    expect(message).toContain('wrong key or damaged file at record 0');
  });

  test.each([0, 1, 2, 3])('a byte of record %d that was changed', async (record) => {
    const file = await whole();
    file[headerSize + record * recordSize + 3]! ^= 1;
    const { message, fields } = await failure(file);
    expect(fields).toEqual({ record: String(record) });
    expect(message).toContain(`damaged file at record ${record}`);
  });

  test('a header that was changed', async () => {
    for (const at of [3, 17, 19]) {
      const file = await whole();
      file[at]! ^= 1;
      expect((await failure(file)).code).toBe('DecryptionError');
    }
  });

  test.each<[string, number[], string]>([
    ['the first two exchanged', [1, 0, 2, 3], '0'],
    ['one left out', [0, 2, 3], '1'],
    ['one twice', [0, 0, 1, 2, 3], '1'],
    ['none after the first two', [0, 1], '1'],
    ['none but the last', [3], '0'],
    ['one after the last', [0, 1, 2, 3, 0], '3'],
  ])('records with %s', async (_, order, record) => {
    const { code, fields } = await failure(await reordered(...order));
    expect({ code, fields }).toEqual({ code: 'DecryptionError', fields: { record } });
  });

  test('records that were cut off', async () => {
    const file = await whole();
    const lengths = [0, 10, headerSize, headerSize + 10, headerSize + recordSize, file.length - 1];
    for (const length of lengths) {
      expect((await failure(file.slice(0, length))).code).toBe('DecryptionError');
    }
    const clean = await failure(file.slice(0, headerSize + 2 * recordSize));
    expect(clean.message).toContain('it was cut off');
  });

  test('more behind the last that is whole', async () => {
    const file = await encrypt(bytesOf(200), { recordSize });
    const more = Uint8Array.from(Buffer.concat([file, bytesOf(30)]));
    expect((await failure(more)).message).toContain('record 1 is the last, but the file goes on');
  });

  test('a file that is not encrypted', async () => {
    const { code, message } = await failure(new Uint8Array(60));
    expect(code).toBe('DecryptionError');
    expect(message).toContain('does not begin as one');
  });

  test.each<[keyof EncryptOptions, unknown]>([
    ['recordSize', 17],
    ['recordSize', 2 ** 32],
    ['keyId', 'x'.repeat(256)],
    ['salt', new Uint8Array(15)],
  ])('an option that is none: %s', (option, value) => {
    expect(() => encryptAes128Gcm(key, { [option]: value })).toThrow(
      expect.objectContaining({ code: 'InvalidInput', fields: { option } }),
    );
  });

  test('a platform without cryptography', async () => {
    const file = await whole();
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      const { code, message } = await failure(file);
      expect(code).toBe('DecryptionError');
      expect(message).toContain('https:');
    } finally {
      Object.defineProperty(globalThis, 'crypto', crypto);
    }
  });
});

test('files are encrypted and decrypted by streams of Node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-encrypted-'));
  const [plain, file, back] = ['plain', 'encrypted', 'back'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const bytes = bytesOf(300_000);
  writeFileSync(plain, bytes);
  const through = async (from: string, change: Transform, to: string) => {
    const stream = Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>;
    await pipeline(Readable.fromWeb(change(stream) as never), createWriteStream(to));
  };
  await through(plain, encryptAes128Gcm(key), file);
  await through(file, decryptAes128Gcm(key), back);
  expectSame(readFileSync(back), bytes);
  expect(readFileSync(file).includes(Buffer.from(bytes.subarray(0, 32)))).toBe(false);
  rmSync(folder, { recursive: true });
});

describe('a model', () => {
  test('that is encrypted is decrypted while it is read', async () => {
    const file = await encrypt(Uint8Array.from(addModel()), { recordSize });
    for (const source of [file, new Blob([file as Uint8Array<ArrayBuffer>])]) {
      const session = await InferenceSession.create(source, { decrypt: decryptAes128Gcm(key) });
      const { y } = await session.run({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });
      expect(y!.data).toEqual(Float32Array.of(2, 3, 4));
      await session.release();
    }
  });

  test('by another key is an error of the package itself, though this entry has its own copy', async () => {
    const file = await encrypt(Uint8Array.from(addModel()));
    const decrypt = decryptAes128Gcm(new Uint8Array(16));
    const error = await failureOf(InferenceSession.create(file, { decrypt }));
    expect(error.code).toBe('DecryptionError');
    expect(FoveaError).not.toBe(PackageError);
    expect(error).toBeInstanceOf(PackageError);
    expect(error).toBeInstanceOf(FoveaError);
  });
});
