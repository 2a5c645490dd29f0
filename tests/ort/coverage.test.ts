import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { compile, declaredMembers, usedMembers, type Checked } from './declarations.js';
import { differences } from './differences.js';

let checked: Checked;
beforeAll(() => {
  checked = compile();
});

const different = differences.flatMap(({ members = [] }) => members);

describe("onnxruntime-common's declarations", () => {
  test('every member, overload and option is in a program or in the list of differences', () => {
    const declared = new Set(declaredMembers(checked).values());
    expect(declared.size).toBeGreaterThan(200);
    const used = usedMembers(checked);
    const missing = [...declared].filter((name) => !used.has(name) && !different.includes(name));
    expect(missing).toEqual([]);
  });

  test('what the list of differences names is declared, and in no program', () => {
    const declared = new Set(declaredMembers(checked).values());
    const used = usedMembers(checked);
    expect(different.filter((name) => !declared.has(name) || used.has(name))).toEqual([]);
  });

  test('fovea/ort exports all that onnxruntime-common does, as values and as types', () => {
    const ours = new Map(checked.exportsOf('fovea/ort').map((symbol) => [symbol.name, symbol]));
    const kinds = (symbol: ts.Symbol | undefined) => flagsOf(symbol, checked.checker);
    const lacking = checked
      .exportsOf('onnxruntime-common')
      .filter((symbol) =>
        kinds(symbol).some((kind) => !kinds(ours.get(symbol.name)).includes(kind)),
      )
      .map(({ name }) => name);
    expect(lacking).toEqual([]);
  });

  test('its types are those of onnxruntime-common', () => {
    const ours = typesOf(checked.exportsOf('fovea/ort'), checked.checker);
    const theirs = typesOf(checked.exportsOf('onnxruntime-common'), checked.checker);
    expect(theirs.size).toBeGreaterThan(80);
    const unlike = [...theirs]
      .filter(([, type]) => !isGeneric(type))
      .filter(([name, type]) => {
        const own = ours.get(name);
        const { checker } = checked;
        const isOurs = own !== undefined && checker.isTypeAssignableTo(type, own);
        // What is passed in may be more; what comes out may not.
        return (
          !isOurs ||
          (name !== 'InferenceSession.FeedsType' && !checker.isTypeAssignableTo(own, type))
        );
      });
    expect(unlike.map(([name]) => name)).toEqual([]);
    const text = readFileSync('tests/ort/types.ts', 'utf8');
    const generic = [...theirs].filter(([, type]) => isGeneric(type)).map(([name]) => name);
    expect(generic.filter((name) => !text.includes(`common.${name}<`))).toEqual([]);
  });
});

function flagsOf(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): string[] {
  if (!symbol) return [];
  const { flags } = resolved(symbol, checker);
  return [
    ...(flags & ts.SymbolFlags.Value ? ['value'] : []),
    ...(flags & ts.SymbolFlags.Type ? ['type'] : []),
    ...(flags & ts.SymbolFlags.Namespace ? ['namespace'] : []),
  ];
}

function isGeneric(type: ts.Type): boolean {
  return (
    type.aliasTypeArguments !== undefined || (type as ts.InterfaceType).typeParameters !== undefined
  );
}

function resolved(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** All values and types, those of namespaces too. */
function typesOf(symbols: readonly ts.Symbol[], checker: ts.TypeChecker): Map<string, ts.Type> {
  const types = new Map<string, ts.Type>();
  const add = (path: string, exported: ts.Symbol): void => {
    const symbol = resolved(exported, checker);
    const { flags } = symbol;
    if (flags & ts.SymbolFlags.Value) types.set(`${path} (value)`, checker.getTypeOfSymbol(symbol));
    if (flags & ts.SymbolFlags.Type) types.set(path, checker.getDeclaredTypeOfSymbol(symbol));
    if (!(flags & ts.SymbolFlags.Namespace)) return;
    for (const inner of symbol.exports?.values() ?? []) add(`${path}.${inner.name}`, inner);
  };
  for (const symbol of symbols) add(symbol.name, symbol);
  return types;
}
