import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What every place is to say of a white picture of 30 x 20 pixels. */
export const enlarged = '60 x 40, white';

/** A path in the folder in which users' tools and the package are installed. */
export function inPlaces(path: string): string {
  return join(process.env.FOVEA_PLACES!, path);
}

/** A user's project, with the package and the tools installed above it. */
export class Project {
  readonly folder: string;

  /** @param programs files and folders of tests/places/programs, whose contents it has */
  constructor(name: string, programs: readonly string[]) {
    this.folder = inPlaces(join('projects', name));
    mkdirSync(this.folder, { recursive: true });
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    for (const program of ['enlarge.js', ...programs]) {
      const isFile = program.includes('.');
      cpSync(join('tests/places/programs', program), join(this.folder, isFile ? program : ''), {
        recursive: true,
      });
    }
  }

  /** A project that is one of examples/. */
  static ofExample(name: string, example: string): Project {
    const project = new Project(name, []);
    cpSync(join('examples', example), project.folder, { recursive: true });
    return project;
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.folder, file), content);
  }

  /** Copies the package's files to where they can be served from. */
  copyPackage(to: string): void {
    cpSync(inPlaces('node_modules/fovea/dist'), join(this.folder, to), { recursive: true });
  }

  /** Runs a program of an installed package to its end. @returns what it printed */
  async run(program: string, ...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.#environment(), timeout: 200_000 };
    try {
      const { stdout } = await promisify(execFile)(bin(program), args, options);
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${program} ${args.join(' ')} fails:\n${stdout}\n${stderr}`, {
        cause: error,
      });
    }
  }

  /** Starts a program that runs until it is killed; `says` when it has printed that. */
  async start(
    program: string,
    args: string[],
    says: RegExp,
  ): Promise<{ process: ChildProcess; found: RegExpExecArray }> {
    const child = spawn(bin(program), args, {
      cwd: this.folder,
      env: this.#environment(),
      // All that it starts is in its group, and ends with it.
      detached: true,
    });
    let printed = '';
    const found = await new Promise<RegExpExecArray>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        printed += chunk.toString();
        const match = says.exec(printed);
        if (match) resolve(match);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.on('exit', (code) => reject(new Error(`${program} ends with ${code}:\n${printed}`)));
    });
    return { process: child, found };
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      CI: '1',
      NO_COLOR: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      NODE_OPTIONS: '',
    };
  }
}

/** Ends a program and all that it has started. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

function bin(program: string): string {
  return program === 'node' ? process.execPath : inPlaces(join('node_modules/.bin', program));
}
