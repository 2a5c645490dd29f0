import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { readPackageFile, type UserProject } from './installed.js';

/** What a program did. */
export interface Ended {
  /** The exit code, or the signal. */
  status: number | string | null;
  stdout: Buffer;
  stderr: string;
}

/** Installs packages of this checkout in the user's project, as links. */
export function linkPackages({ folder }: UserProject, ...names: string[]): void {
  for (const name of names) {
    const target = join(folder, 'node_modules', name);
    mkdirSync(join(target, '..'), { recursive: true });
    symlinkSync(resolve('node_modules', name), target);
  }
}

/** Starts the command line of the package, in the user's project. */
export function startFovea(project: UserProject, args: readonly string[]): ChildProcess {
  const { bin } = JSON.parse(readPackageFile(project, 'package.json').toString()) as {
    bin: { fovea: string };
  };
  return startNode(project.folder, [join('node_modules/fovea', bin.fovea), ...args]);
}

/** Starts a program by plain Node, as in a user's shell. */
export function startNode(
  folder: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
    timeout: 120_000,
  });
}

/** The same to its end. */
export async function runFovea(
  project: UserProject,
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<Ended> {
  const child = startFovea(project, args);
  child.stdin!.end(input);
  return ended(child);
}

/** Waits for a program. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const status = new Promise<Ended['status']>((done) =>
    child.once('close', (code, signal) => done(signal ?? code)),
  );
  const [stdout, stderr] = await Promise.all([buffer(child.stdout!), text(child.stderr!)]);
  return { status: await status, stdout, stderr };
}

/** Waits until a program says something on standard error; gives the match. */
export function told(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((done, fail) => {
    let all = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      all += chunk.toString();
      const match = pattern.exec(all);
      if (match) done(match);
    });
    child.once('close', () => fail(new Error(`It ended without ${pattern}: ${all}`)));
  });
}

/** A file of the user's project. */
export function readUserFile({ folder }: UserProject, file: string): Buffer {
  return readFileSync(join(folder, file));
}

/**
 * What a program in Node makes of files of the project, as PNGs. It runs as the command line does: this
 * process may have relaxed SIMD, which rounds differently, as do other numbers of threads.
 */
export async function enlargedByProgram(
  project: UserProject,
  network: string,
  files: readonly string[],
  threads: number | 'all' = 'all',
): Promise<Buffer[]> {
  copyFileSync('tests/package/user-code/enlarge.mjs', join(project.folder, 'enlarge.mjs'));
  const { status, stderr } = await ended(
    startNode(project.folder, ['enlarge.mjs', network, `${threads}`, ...files]),
  );
  if (status !== 0) throw new Error(stderr);
  return files.map((file) => readUserFile(project, `${file}.expected`));
}
