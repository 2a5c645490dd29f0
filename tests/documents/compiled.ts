import { join } from 'node:path';
import ts from 'typescript';
import type { UserProject } from '../package/support/installed.js';
import { names } from './names.js';
import type { Block } from './support.js';

const common: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
};

/** JavaScript says nothing of types and of null; all else is checked as in TypeScript. */
const ofJavaScript: ts.CompilerOptions = {
  ...common,
  allowJs: true,
  checkJs: true,
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  strictNullChecks: false,
};

/**
 * Compiles blocks of code in a user's project, each as a module.
 *
 * @returns what the compiler says, as `document:line: message`
 */
export function complaintsOf(
  project: UserProject,
  blocks: readonly Block[],
  extension: 'ts' | 'js',
): string[] {
  project.write('names.d.ts', names);
  const files = blocks.map((block, index) => {
    const name = `block${index}.${extension}`;
    const imports = missingImports(block, blocks.slice(0, index));
    // On one line, so that lines are those of the block.
    project.write(name, imports.join(' ') + block.code);
    return join(project.folder, name);
  });
  const options = extension === 'ts' ? common : ofJavaScript;
  const program = ts.createProgram([join(project.folder, 'names.d.ts'), ...files], {
    ...options,
    typeRoots: [join(project.folder, 'node_modules/@types')],
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    const block = blocks[files.indexOf(file?.fileName ?? '')];
    if (!file || !block) return `${file?.fileName ?? 'the program'}: ${message}`;
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return `${block.document}:${block.line + line}: ${message}`;
  });
}

/** What earlier blocks of the same document import and this one uses: its reader has it already. */
function missingImports({ document, code }: Block, earlier: readonly Block[]): string[] {
  const found = new Map<string, string>();
  for (const block of earlier.filter((each) => each.document === document)) {
    for (const [name, statement] of importsOf(block.code)) found.set(name, statement);
  }
  const own = importsOf(code);
  const isMissing = (name: string) =>
    !own.has(name) &&
    new RegExp(`\\b${name}\\b`).test(code) &&
    !new RegExp(`\\b(const|let|class|function) ${name}\\b`).test(code);
  return [...found].filter(([name]) => isMissing(name)).map(([, statement]) => statement);
}

/** A statement for each name that is imported. */
function importsOf(code: string): Map<string, string> {
  const statements = [...code.matchAll(/^ *import (\{[^}]*\}|\* as \w+|\w+) from ('[^']+');/gm)];
  return new Map(
    statements.flatMap(([, clause, from]) =>
      clause!.startsWith('{')
        ? clause!
            .slice(1, -1)
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '')
            .map((name): [string, string] => [name, `import { ${name} } from ${from};`])
        : [[clause!.replace('* as ', ''), `import ${clause} from ${from};`] as [string, string]],
    ),
  );
}
