import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A user's project with nothing in it but the package, installed. */
export interface UserProject {
  folder: string;
  /** The package's files, relative to the package. */
  files: string[];
  write(file: string, content: string | Uint8Array): void;
  remove(): void;
}

/** Packs the package as for publishing and unpacks it where npm installs it. */
export function installPackage(): UserProject {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-user-'));
  const write = (file: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, file), content);
  const files = unpack(folder);
  write('package.json', JSON.stringify({ private: true, type: 'module' }));
  return { folder, files, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function unpack(folder: string): string[] {
  const npmPack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const output = execFileSync('npm', npmPack, { encoding: 'utf8', stdio: 'pipe' });
  const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  const tarball = join(folder, packed.filename);
  const target = join(folder, 'node_modules/fovea');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  rmSync(tarball);
  return packed.files.map(({ path }) => path).sort();
}

/** One of the package's files. */
export function readPackageFile({ folder }: UserProject, file: string): Buffer {
  return readFileSync(join(folder, 'node_modules/fovea', file));
}
