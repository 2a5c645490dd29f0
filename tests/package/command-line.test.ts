import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';
import {
  ended,
  enlargedByProgram,
  linkPackages,
  readUserFile,
  runFovea,
  startFovea,
  told,
} from './support/programs.js';

let project: UserProject;
const pictures = { 'in/a.png': [20, 12], 'in/b.JPG': [16, 10], 'in/sub/c.webp': [9, 7] } as const;

beforeAll(async () => {
  project = installPackage();
  linkPackages(project, 'sharp');
  mkdirSync(join(project.folder, 'in/sub'), { recursive: true });
  for (const [file, [width, height]] of Object.entries(pictures)) {
    const format = file.endsWith('.JPG') ? 'jpeg' : file.endsWith('.png') ? 'png' : 'webp';
    const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
    const picture = sharp({ create: { width, height, channels: 3, background: '#000', noise } });
    project.write(file, await picture.toFormat(format).toBuffer());
  }
  project.write('in/notes.txt', 'no picture');
  project.write('network.onnx', smallNetwork().model);
});
afterAll(() => project.remove());
beforeEach(() => rmSync(join(project.folder, 'out'), { recursive: true, force: true }));

const run = (args: string[], input?: string | Uint8Array) => runFovea(project, args, input);

/** Format and size of a file, and that nothing else lies about. */
async function written(file: string): Promise<string> {
  const { format, width, height } = await sharp(readUserFile(project, file)).metadata();
  return `${format} ${width}x${height}`;
}

function filesOf(folder: string): string[] {
  const all = readdirSync(join(project.folder, folder), { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(project.folder.length + 1))
    .sort();
}

test('npx runs it from an installed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-npx-'));
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], options);
    const [tarball] = readdirSync(folder) as [string];
    const install = ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`];
    execFileSync('npm', install, { ...options, cwd: folder });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const said = execFileSync('npx', ['--no-install', 'fovea', '--version'], {
      ...options,
      cwd: folder,
    });
    expect(said).toBe(`${version}\n`);
    expect(
      readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ).toEqual(['fovea']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('help', () => {
  test.each(['upscale', 'serve', 'check', 'info', 'profile', 'encrypt'])(
    'of %s has examples',
    async (name) => {
      const { status, stdout } = await run([name, '--help']);
      expect(status).toBe(0);
      expect(stdout.toString()).toMatch(new RegExp(`Examples?:[^]*fovea ${name} `));
    },
  );

  test('alone lists the commands and the exit codes', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/upscale[^]*Exit codes: 0 all well, 1 something failed, 2/);
  });
});

describe('a wrong command line ends with 2 and says why:', () => {
  test.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: fovea/],
    ['an unknown command', ['enlarge'], /unknown command 'enlarge'/],
    ['an unknown option', ['upscale', 'in', '-o', 'out', '--big'], /unknown option '--big'/],
    ['no output', ['upscale', 'in'], /required option '-o, --output <path>'/],
    ['a factor of 0', ['upscale', 'in', '-o', 'out', '--scale', '0'], /a number above 0, not '0'/],
    [
      'contradicting sizes',
      ['upscale', 'in', '-o', 'out', '--scale', '2', '--width', '9'],
      /cannot be/,
    ],
    ['fit without a size', ['upscale', 'in', '-o', 'out', '--fit', 'cover'], /give both/],
    ['a quality of 101', ['upscale', 'in', '-o', 'out', '--quality', '101'], /from 1 to 100/],
    ['an unknown format', ['upscale', 'in', '-o', 'out', '--format', 'bmp'], /png or webp or jpeg/],
    ['an output without format', ['upscale', 'in/a.png', '-o', 'a.bmp'], /tells no format/],
    ['two formats', ['upscale', 'in/a.png', '-o', 'a.png', '--format', 'webp'], /contradict/],
    ['a file for several', ['upscale', 'in', '-o', 'network.onnx'], /is a file/],
    ['stdout for several', ['upscale', 'in', '-o', '-'], /one picture goes to standard output/],
    ['stdin among others', ['upscale', '-', 'in', '-o', 'out'], /the only input/],
    [
      'JSON beside a picture',
      ['upscale', 'in/a.png', '-o', '-', '--json'],
      /--json and the picture/,
    ],
    [
      'an unknown network',
      ['upscale', 'in', '-o', 'out', '--model', 'x5'],
      /x2, x2Fast, x2Web, x3, x4/,
    ],
    ['a size without a name', ['check', 'x2', '--size', '20'], /NAME=VALUE/],
    ['a shape of words', ['profile', 'x2', '--shape', 'input=a,b'], /1,3,64,64/],
    ['no shape', ['profile', 'x2'], /--shape input=1,1,64,64/],
    ['a shape of another input', ['profile', 'x2', '--shape', 'image=1,1,8,8'], /only 'input'/],
    ['a port of a million', ['serve', '--port', '1000000'], /from 0 to 65535/],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect({ status, stdout: stdout.toString() }).toEqual({ status: 2, stdout: '' });
    expect(existsSync(join(project.folder, 'out'))).toBe(false);
  });
});

describe('upscale', () => {
  test('keeps the structure of a folder and the formats of its files', async () => {
    const { status, stderr } = await run(['upscale', 'in', '-o', 'out']);
    expect({ status, failed: / failed/.exec(stderr)?.input }).toMatchObject({ status: 0 });
    expect(stderr).toContain('3 enlarged, 0 failed');
    expect(filesOf('out')).toEqual(['out/a.png', 'out/b.JPG', 'out/sub/c.webp']);
    expect(await written('out/a.png')).toBe('png 40x24');
    expect(await written('out/b.JPG')).toBe('jpeg 32x20');
    expect(await written('out/sub/c.webp')).toBe('webp 18x14');
  });

  test('takes globs, sizes, formats and several jobs, which give the same', async () => {
    const common = [
      'upscale',
      'in/**/*.{png,webp}',
      '--format',
      'png',
      '--width',
      '50',
      '--threads',
      '1',
    ];
    expect((await run([...common, '-o', 'out/one'])).status).toBe(0);
    expect((await run([...common, '-o', 'out/two', '--jobs', '2'])).status).toBe(0);
    expect(filesOf('out/one')).toEqual(['out/one/a.png', 'out/one/sub/c.png']);
    for (const file of filesOf('out/one')) {
      const other = readUserFile(project, file.replace('one', 'two'));
      expect(readUserFile(project, file).equals(other)).toBe(true);
    }
    expect(await written('out/one/a.png')).toBe('png 50x30');
  });

  test('reads stdin and writes stdout', async () => {
    const picture = readUserFile(project, 'in/a.png');
    const { status, stdout } = await run(['upscale', '-', '-o', '-', '-f', 'webp'], picture);
    expect(status).toBe(0);
    expect(await sharp(stdout).metadata()).toMatchObject({ format: 'webp', width: 40, height: 24 });
  });

  test('makes a named file by another network, as the package does', async () => {
    const args = ['upscale', 'in/a.png', '-o', 'out/deep/a.png', '--model', 'x3'];
    expect((await run(args)).status).toBe(0);
    expect(await written('out/deep/a.png')).toBe('png 60x36');
    const [expected] = await enlargedByProgram(project, 'x3', ['in/a.png']);
    rmSync(join(project.folder, 'in/a.png.expected'));
    expect(readUserFile(project, 'out/deep/a.png').equals(expected!)).toBe(true);
  });

  test.each([[1], [2]])('goes on after files that fail, with %d jobs', async (jobs) => {
    project.write('broken.png', readUserFile(project, 'in/a.png').subarray(0, 60));
    const inputs = ['broken.png', 'nowhere.png', 'nothing/*.png', 'in/a.png', 'in/b.JPG'];
    const args = ['upscale', ...inputs, '-o', 'out', '--json', '--jobs', `${jobs}`];
    const { status, stdout, stderr } = await run(args);
    const { done, failed, results } = JSON.parse(stdout.toString()) as {
      done: number;
      failed: number;
      results: { input: string; output?: string; width?: number; error?: { code: string } }[];
    };
    expect({ status, done, failed }).toEqual({ status: 1, done: 2, failed: 3 });
    const of = (name: string) => results.find(({ input }) => input === name);
    expect(of('broken.png')?.error?.code).toBe('InvalidInput');
    expect(of('nowhere.png')?.error?.code).toBe('NotFound');
    expect(of('nothing/*.png')?.error?.code).toBe('NotFound');
    expect(of('in/a.png')).toMatchObject({ output: 'out/a.png', width: 40, height: 24 });
    expect(stderr).toContain('nowhere.png: there is no such file or folder');
    expect(filesOf('out')).toEqual(['out/a.png', 'out/b.JPG']);
  });

  test('leaves files that exist alone, unless --overwrite', async () => {
    mkdirSync(join(project.folder, 'out'));
    project.write('out/a.png', 'mine');
    const refused = await run(['upscale', 'in/a.png', '-o', 'out']);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('out/a.png exists: --overwrite replaces it');
    expect(readUserFile(project, 'out/a.png').toString()).toBe('mine');
    expect((await run(['upscale', 'in/a.png', '-o', 'out', '--overwrite'])).status).toBe(0);
    expect(await written('out/a.png')).toBe('png 40x24');
  });

  test('does not take its own results for pictures', async () => {
    expect((await run(['upscale', 'in', '-o', 'in/large'])).status).toBe(0);
    const again = await run(['upscale', 'in', '-o', 'in/large', '--overwrite']);
    expect(filesOf('in/large')).toHaveLength(3);
    rmSync(join(project.folder, 'in/large'), { recursive: true });
    expect(again.stderr).toContain('3 enlarged, 0 failed');
  });

  test('refuses two pictures that would be one file', async () => {
    mkdirSync(join(project.folder, 'twins'), { recursive: true });
    for (const name of ['twins/a.png', 'twins/a.webp']) {
      project.write(name, readUserFile(project, 'in/a.png'));
    }
    const { status, stderr } = await run(['upscale', 'twins', '-o', 'out', '--format', 'png']);
    expect(status).toBe(2);
    expect(stderr).toContain("'twins/a.png' and 'twins/a.webp' would both become 'out/a.png'");
  });

  test('shows on a terminal how far it is', async () => {
    const program = 'node_modules/fovea/dist/cli/main.js';
    const command = `${process.execPath} ${program} upscale in -o out`;
    // A terminal, by a program of every Debian.
    const options = { cwd: project.folder, encoding: 'utf8' } as const;
    const shown = execFileSync('script', ['-qefc', command, '/dev/null'], options);
    expect(shown).toMatch(/% \| 0 of 3 \|/);
    expect(shown).toContain('3 enlarged, 0 failed');
    expect(shown).not.toContain('->');
  });

  test('leaves nothing behind when it is stopped', async () => {
    const size = { width: 600, height: 600, channels: 3, background: '#123' } as const;
    project.write('large.png', await sharp({ create: size }).png().toBuffer());
    const child = startFovea(project, [
      'upscale',
      'in/a.png',
      'large.png',
      '-o',
      'out',
      '--model',
      'x4',
    ]);
    await told(child, /a\.png ->/);
    child.kill('SIGTERM');
    expect((await ended(child)).status).toBe(143);
    expect(filesOf('out')).toEqual(['out/a.png']);
  });
});

describe('without sharp', () => {
  let bare: UserProject;
  beforeAll(() => {
    bare = installPackage();
    bare.write('a.png', readUserFile(project, 'in/a.png'));
  });
  afterAll(() => bare.remove());

  test.each([
    ['upscale', 'a.png', '-o', 'b.png'],
    ['upscale', 'a.png', '-o', 'b.png', '--json'],
    ['serve', '--port', '0'],
  ])('%s %s says what to install', async (...args) => {
    const { status, stdout, stderr } = await runFovea(bare, args);
    expect(status).toBe(1);
    expect(stdout.toString() + stderr).toContain('npm install sharp');
    expect(existsSync(join(bare.folder, 'b.png'))).toBe(false);
  });
});
