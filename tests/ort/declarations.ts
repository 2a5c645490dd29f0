// What onnxruntime-common declares, and which of it programs use, as the TypeScript compiler understands both.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const folder = 'tests/ort/programs';
const files = readdirSync(folder).map((file) => join(folder, file));

export interface Checked {
  checker: ts.TypeChecker;
  /** The programs' modules. */
  programs: readonly ts.SourceFile[];
  /** The files of onnxruntime-common's declarations, without those of its implementation. */
  declarations: readonly ts.SourceFile[];
  /** What a library exports. */
  exportsOf(library: 'onnxruntime-common' | 'fovea/ort'): ts.Symbol[];
}

/** Compiles the programs, and a file that imports both libraries. */
export function compile(): Checked {
  const both = 'tests/ort/types.ts';
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
  const program = ts.createProgram([...files, both], options);
  const checker = program.getTypeChecker();
  const imports = program.getSourceFile(both)!.statements.filter(ts.isImportDeclaration);
  return {
    checker,
    programs: files.map((file) => program.getSourceFile(file)!),
    declarations: program
      .getSourceFiles()
      .filter(({ fileName }) =>
        /\/onnxruntime-common\/.*(?<!-impl|type-helper)\.d\.ts$/.test(fileName),
      ),
    exportsOf(library) {
      const specifier = imports
        .map(({ moduleSpecifier }) => moduleSpecifier as ts.StringLiteral)
        .find(({ text }) => text === library)!;
      return checker.getExportsOfModule(checker.getSymbolAtLocation(specifier)!);
    },
  };
}

/** Every member, overload, option and value that onnxruntime-common declares, by a name for each. */
export function declaredMembers({ declarations }: Checked): Map<ts.Node, string> {
  const members = new Map<ts.Node, string>();
  const visit = (node: ts.Node): void => {
    // What stands for types that a compiler may not know.
    if (ts.isTypeAliasDeclaration(node) && node.name.text.endsWith('Fallback')) return;
    if (isMember(node)) members.set(node, nameOf(node));
    ts.forEachChild(node, visit);
  };
  declarations.forEach(visit);
  return members;
}

/** The members that programs use: read, write, pass or call. */
export function usedMembers(checked: Checked): Set<string> {
  const members = declaredMembers(checked);
  const used = new Set<string>();
  const use = (node: ts.Node | undefined) => {
    const name = node && members.get(node);
    if (name !== undefined) used.add(name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      use(checked.checker.getResolvedSignature(node)?.declaration);
    }
    for (const { declarations = [] } of symbolsAt(node, checked.checker)) {
      // Which of several overloads it is, only the call tells.
      if (declarations.filter(ts.isMethodSignature).length <= 1) declarations.forEach(use);
    }
    ts.forEachChild(node, visit);
  };
  checked.programs.forEach(visit);
  return used;
}

function isMember(node: ts.Node): boolean {
  return (
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isConstructSignatureDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isGetAccessor(node) ||
    ts.isSetAccessor(node)
  );
}

/** As `Tensor.dims`; of overloads and constructors with their arguments. */
function nameOf(member: ts.Node): string {
  const path: string[] = [];
  for (let node = member; !ts.isSourceFile(node); node = node.parent) {
    const { name } = node as ts.NamedDeclaration;
    if (name) path.unshift(name.getText());
  }
  if (!ts.isMethodSignature(member) && !ts.isConstructSignatureDeclaration(member)) {
    return path.join('.');
  }
  if (ts.isConstructSignatureDeclaration(member)) path.push('new');
  const types = member.parameters.map((each) => each.getText().replace(/\s+/g, ' '));
  return `${path.join('.')}(${types.join(', ')})`;
}

/** What is named at a place: for a property of an object literal, what the literal is passed as. */
function symbolsAt(node: ts.Node, checker: ts.TypeChecker): ts.Symbol[] {
  if (ts.isStringLiteral(node) && ts.isElementAccessExpression(node.parent)) {
    return [checker.getSymbolAtLocation(node)].filter((symbol) => symbol !== undefined);
  }
  if (!ts.isIdentifier(node)) return [];
  const { parent } = node;
  const own = ts.isShorthandPropertyAssignment(parent)
    ? checker.getShorthandAssignmentValueSymbol(parent)
    : checker.getSymbolAtLocation(node);
  const found = [...(own ? [own] : []), ...destructured(node, checker)];
  const isKey = ts.isObjectLiteralElement(parent) && parent.name === node;
  if (!isKey || !ts.isObjectLiteralExpression(parent.parent)) return found;
  return [...found, ...expected(parent.parent, node.text, checker)];
}

/** The properties of that name that an object literal may have where it stands. */
function expected(
  literal: ts.ObjectLiteralExpression,
  name: string,
  checker: ts.TypeChecker,
): ts.Symbol[] {
  const contextual = checker.getContextualType(literal);
  if (!contextual) return [];
  const types = contextual.isUnion() ? contextual.types : [contextual];
  return types
    .filter((type) => suits(literal, type, checker))
    .flatMap((type) => checker.getPropertyOfType(type, name) ?? []);
}

/** Whether a literal's properties are all of a type, and its words those that the type has. */
function suits(
  literal: ts.ObjectLiteralExpression,
  type: ts.Type,
  checker: ts.TypeChecker,
): boolean {
  return literal.properties.every((property) => {
    if (!property.name || !ts.isIdentifier(property.name)) return true;
    const declared = checker.getPropertyOfType(type, property.name.text);
    if (!declared) return type.getStringIndexType() !== undefined;
    if (!ts.isPropertyAssignment(property) || !ts.isStringLiteral(property.initializer))
      return true;
    const wanted = checker.getTypeOfSymbolAtLocation(declared, literal);
    return checker.isTypeAssignableTo(
      checker.getStringLiteralType(property.initializer.text),
      wanted,
    );
  });
}

/** The property that `const { name } = value`, or a parameter written so, reads. */
function destructured(node: ts.Identifier, checker: ts.TypeChecker): ts.Symbol[] {
  const { parent } = node;
  if (!ts.isBindingElement(parent) || !ts.isObjectBindingPattern(parent.parent)) return [];
  if ((parent.propertyName ?? parent.name) !== node) return [];
  const type = checker.getTypeAtLocation(parent.parent);
  const property = checker.getPropertyOfType(type, node.text);
  return property ? [property] : [];
}
