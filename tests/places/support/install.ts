import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { installPackage } from '../../package/support/installed.js';
import { inPlaces } from './project.js';

/** Installs the package beside what is built with it, as npm would. */
export default function install(): void {
  const packed = installPackage();
  const target = inPlaces('node_modules/fovea');
  rmSync(target, { recursive: true, force: true });
  rmSync(inPlaces('projects'), { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  cpSync(`${packed.folder}/node_modules/fovea`, target, { recursive: true });
  packed.remove();
}
