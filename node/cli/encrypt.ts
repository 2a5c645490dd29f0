import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Option, type Command } from 'commander';
import { encryptAes128Gcm } from 'fovea/encryption';
import { exists } from './inputs.js';
import { jsonOption } from './option-kinds.js';
import { temporaryName } from './outputs.js';
import { printJson, tellUser } from './print.js';
import { UsageError } from './usage-error.js';

interface EncryptFlags {
  output: string;
  key?: string;
  generateKey?: string;
  keyId?: string;
  overwrite?: true;
  json?: true;
}

const help = `
A file of a key holds its 16 bytes, or these as base64url or as hexadecimal digits. --generate-key makes a
random one that nobody else may read, and never replaces a file.

Examples:
  fovea encrypt network.onnx -o network.onnx.enc --generate-key network.key
  fovea encrypt other.onnx -o other.onnx.enc --key network.key --key-id 2026`;

/** `fovea encrypt`. */
export function addEncrypt(program: Command): void {
  program
    .command('encrypt')
    .description('encrypt a model as RFC 8188 has it (aes128gcm)')
    .argument('<model>', 'a file')
    .requiredOption('-o, --output <file>', 'the encrypted file')
    .option('--key <file>', 'with the key')
    .addOption(new Option('--generate-key <file>', 'where a new key is written').conflicts('key'))
    .option('--key-id <name>', 'what names the key, for everybody to read')
    .option('--overwrite', 'replace the encrypted file if it exists')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(encrypt);
}

async function encrypt(model: string, flags: EncryptFlags): Promise<void> {
  const { output, keyId, overwrite = false, json } = flags;
  if (!overwrite && exists(output))
    throw new UsageError(`${output} exists: --overwrite replaces it`);
  const keyFile = flags.key ?? flags.generateKey;
  if (keyFile === undefined) throw new UsageError('give --key or --generate-key');
  const transform = encryptAes128Gcm(await keyOf(flags), { keyId });
  const temporary = temporaryName(output);
  try {
    const clear = Readable.toWeb(createReadStream(model)) as globalThis.ReadableStream<Uint8Array>;
    const encrypted = Readable.fromWeb(transform(clear) as ReadableStream<Uint8Array>);
    await pipeline(encrypted, createWriteStream(temporary));
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (json) printJson({ input: model, output, key: keyFile });
  else tellUser(`${model} -> ${output}, with the key of ${keyFile}`);
}

async function keyOf({ key, generateKey }: EncryptFlags): Promise<Uint8Array> {
  if (key !== undefined) return keyIn(key, await readFile(key));
  if (exists(generateKey!)) {
    throw new UsageError(`${generateKey} exists, and what it opens would be lost: use --key`);
  }
  const fresh = randomBytes(keySize);
  await writeFile(generateKey!, `${fresh.toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  return fresh;
}

const keySize = 16;

function keyIn(file: string, content: Buffer): Uint8Array {
  if (content.length === keySize) return content;
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{32}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[\w+/-]{22}(==)?$/.test(text)) return Buffer.from(text, 'base64url');
  const given = `${content.length} bytes that are neither`;
  throw new UsageError(
    `${file}: a key is 16 bytes, as they are, in base64url or in hex, not ${given}`,
  );
}
