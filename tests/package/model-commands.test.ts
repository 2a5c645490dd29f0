// The commands of the command line that are about models. None needs sharp.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OnnxBuilder } from '../support/onnx-builder.js';
import { smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';
import { readUserFile, runFovea } from './support/programs.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
  project.write('network.onnx', smallNetwork().model);
});
afterAll(() => project.remove());

const run = (args: string[]) => runFovea(project, args);

describe('models:', () => {
  test('check tells what a model needs, and counts for sizes', async () => {
    const { status, stdout } = await run([
      'check',
      'x2',
      '--size',
      'height=20',
      '--size',
      'width=30',
    ]);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(
      /It can be run\.\n\ninput input +float32 \[1, 1, height, width\]/,
    );
    expect(stdout.toString()).toMatch(/multiply-accumulates +28,512,000/);
  });

  test('check ends with 1 for what cannot be run, and names the nodes', async () => {
    const builder = new OnnxBuilder();
    const image = builder.input('image', [1, 1, 'h', 'w']);
    builder.foreign('com.example', 'Sharpen', [image], {}, ['sharp']);
    builder.output('sharp');
    project.write('foreign.onnx', builder.build({ domains: { 'com.example': 1 } }));
    const { status, stdout } = await run(['check', 'foreign.onnx']);
    expect(status).toBe(1);
    expect(stdout.toString()).toMatch(/It cannot be run:\n.*com\.example\.Sharpen \(opset 1\)/);
    const json = await run(['check', 'foreign.onnx', '--json']);
    expect(JSON.parse(json.stdout.toString())).toMatchObject({
      supported: false,
      unsupported: [{ opType: 'Sharpen', domain: 'com.example' }],
    });
  });

  test.each(['check', 'info', 'profile'])(
    '%s tells of a file that is no model',
    async (command) => {
      project.write('no-model.onnx', 'no model');
      const { status, stderr } = await run([command, 'no-model.onnx']);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^fovea: /);
      const { stdout } = await run([command, 'no-model.onnx', '--json']);
      expect(JSON.parse(stdout.toString())).toMatchObject({ error: { code: 'MalformedModel' } });
    },
  );

  test('info tells inputs, outputs, opsets, size, metadata and operators', async () => {
    const text = (await run(['info', 'x2'])).stdout.toString();
    for (const line of [
      /^input input +float32 \[1, 1, height, width\]$/m,
      /^opsets +ai\.onnx 13$/m,
      /^size +100\.1 KB$/m,
      /^metadata fovea\.scale +2$/m,
      /^Conv +7$/m,
    ]) {
      expect(text).toMatch(line);
    }
    const json = JSON.parse((await run(['info', 'x2', '--json'])).stdout.toString()) as object;
    expect(json).toMatchObject({ parameters: 47_908, operators: { Conv: 7 } });
  });

  test('profile lists the nodes, the longest first', async () => {
    const args = ['profile', 'x2', '--shape', 'input=1,1,24,32', '--runs', '2'];
    const text = (await run(args)).stdout.toString();
    expect(text).toMatch(/^ *ms +% +operator +algorithm +GFLOP\/s +result +node\n/);
    const { nodes, milliseconds } = JSON.parse(
      (await run([...args, '--json'])).stdout.toString(),
    ) as {
      nodes: { opType: string; milliseconds: number; dims: number[] }[];
      milliseconds: number;
    };
    const times = nodes.map((node) => node.milliseconds);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(nodes.filter(({ opType }) => opType === 'FusedConv')).toHaveLength(7);
    expect(milliseconds).toBeCloseTo(times.reduce((sum, time) => sum + time, 0));
  });

  test('a model with fixed sizes needs no shape', async () => {
    expect((await run(['profile', 'network.onnx', '--runs', '1'])).status).toBe(0);
  });
});

describe('encrypt', () => {
  const encrypt = (...args: string[]) => run(['encrypt', 'network.onnx', ...args]);

  test('writes what the package decrypts, by keys of all kinds', async () => {
    const made = await encrypt('-o', 'a.enc', '--generate-key', 'a.key', '--key-id', '2026');
    expect(made).toMatchObject({ status: 0 });
    expect(statSync(join(project.folder, 'a.key')).mode & 0o777).toBe(0o600);
    const key = Buffer.from(readUserFile(project, 'a.key').toString().trim(), 'base64url');
    expect(key).toHaveLength(16);
    project.write('raw.key', key);
    project.write('hex.key', `${key.toString('hex')}\n`);
    const { decryptAes128Gcm } = await import('fovea/encryption');
    const clear = readUserFile(project, 'network.onnx');
    for (const name of ['a', 'raw', 'hex']) {
      if (name !== 'a') await encrypt('-o', `${name}.enc`, '--key', `${name}.key`);
      const file = readUserFile(project, `${name}.enc`);
      expect(file.includes(clear.subarray(0, 16))).toBe(false);
      const decrypted = decryptAes128Gcm(key)(new Blob([Uint8Array.from(file)]).stream());
      expect(Buffer.from(await new Response(decrypted).arrayBuffer()).equals(clear)).toBe(true);
    }
    expect(readUserFile(project, 'a.enc').subarray(20, 25)).toEqual(
      Buffer.from('\x042026', 'latin1'),
    );
  });

  test.each<[string, string[], RegExp]>([
    ['no key', ['-o', 'b.enc'], /give --key or --generate-key/],
    ['two keys', ['-o', 'b.enc', '--key', 'a.key', '--generate-key', 'b.key'], /cannot be used/],
    ['a key that exists', ['-o', 'b.enc', '--generate-key', 'raw.key'], /raw\.key exists/],
    ['a key of other bytes', ['-o', 'b.enc', '--key', 'network.onnx'], /a key is 16 bytes/],
    ['a file that exists', ['-o', 'raw.key', '--key', 'a.key'], /--overwrite replaces it/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr } = await encrypt(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(existsSync(join(project.folder, 'b.enc'))).toBe(false);
  });

  test('leaves nothing of a model that is not there', async () => {
    const { status } = await run(['encrypt', 'nowhere.onnx', '-o', 'b.enc', '--key', 'a.key']);
    expect(status).toBe(1);
    expect(readdirSync(project.folder).filter((name) => name.includes('b.enc'))).toEqual([]);
  });
});
