import { describe, expect, test } from '@jest/globals';
import { Explorer, type Answer, type Declared } from '../src/checking/explorer.js';
import { findFormulas, type Found } from '../src/checking/formulas.js';

type Model = (...sizes: number[]) => number;

const refused = { code: 'InvalidInput', message: 'no', fields: {} } as const;

function declared(names: string): Declared[] {
  return names.split(' ').map((name, at) => ({
    name,
    axis: Number(name.split('.')[1] ?? at),
    isFirst: name.startsWith('N') || name.endsWith('.0'),
    isNamed: !name.includes('.'),
  }));
}

/** What is found of a value with one axis, and how often the model was asked. */
async function found(
  names: string,
  size: Model,
  takes: (...sizes: number[]) => boolean = () => true,
): Promise<{ formula: unknown; asked: number; explorer: Explorer }> {
  let asked = 0;
  const explorer = new Explorer(declared(names), (sizes) => {
    asked += 1;
    const isTaken = takes(...sizes);
    const answer: Answer = {
      shapes: [isTaken ? [size(...sizes)] : null],
      macs: null,
      refusal: isTaken ? null : refused,
    };
    return Promise.resolve(answer);
  });
  const { shapes }: Found = await findFormulas(explorer);
  return { formula: shapes[0]?.[0], asked, explorer };
}

const { ceil, floor } = Math;

describe('formulas of one size', () => {
  const cases: [string, Model][] = [
    ['H', (h) => h],
    ['4*H', (h) => 4 * h],
    ['2*H-3', (h) => 2 * h - 3],
    ['H*H', (h) => h * h],
    ['3*H*H+1', (h) => 3 * h * h + 1],
    ['floor(H/2)', (h) => floor(h / 2)],
    ['ceil(H/2)', (h) => floor((h - 1) / 2) + 1],
    ['8*ceil(H/8)', (h) => ceil(h / 8) * 8],
    ['ceil(H/32)', (h) => [2, 2, 2, 2, 2].reduce((x, stride) => floor((x - 1) / stride) + 1, h)],
    ['floor((H+5)/7)', (h) => floor((h - 2) / 7) + 1],
    ['12*floor((H+19)/64)+5', (h) => 12 * floor((h + 19) / 64) + 5],
    ['floor(3*H/2)', (h) => floor(h * 1.5)],
    ['5*ceil(H/127)', (h) => 5 * ceil(h / 127)],
    ['floor((5*H+1)/3)', (h) => floor((5 * h + 1) / 3)],
    ['floor(3*H/10)', (h) => floor((3 * h) / 10)],
  ];
  test.each(cases)('%s', async (formula, size) => {
    const seen = await found('H', size);
    expect(seen.formula).toBe(formula);
    expect(seen.asked).toBeLessThan(40);
  });

  test('are not guessed', async () => {
    expect((await found('H', (h) => floor(Math.sqrt(h)))).formula).toBe('?');
    expect((await found('H', (h) => Math.max(h, 150))).formula).toBe('?');
    expect((await found('H', (h) => Math.max(h, 10))).formula).toBe('?');
    expect((await found('H', (h) => h % 7)).formula).toBe('?');
    expect((await found('H', (h) => (h > 200 ? h + 1 : h))).formula).toBe('?');
  });

  test('are of the multiples that the model takes', async () => {
    const { formula, explorer } = await found(
      'H',
      (h) => h / 8,
      (h) => h % 8 === 0,
    );
    expect(formula).toBe('H/8');
    expect(explorer.free).toMatchObject([{ name: 'H', step: 8 }]);
    const windows = await found(
      'H',
      (h) => h / 14 + 1,
      (h) => h % 14 === 0,
    );
    expect(windows.formula).toBe('H/14+1');
    const odd = await found(
      'H',
      (h) => (h + 1) / 2,
      (h) => h % 2 === 1,
    );
    expect(odd.formula).toBe('(H+1)/2');
  });

  test('are numbers where the model takes but one size', async () => {
    const { formula, explorer } = await found(
      'N',
      (n) => 5 * n,
      (n) => n === 1,
    );
    expect(formula).toBe(5);
    expect(explorer.free).toMatchObject([{ name: 'N', from: 1, step: 0 }]);
  });

  test('quote names that could be read as something else', async () => {
    expect((await found('a-1', (h) => h)).formula).toBe('a-1');
    expect((await found('a-1', (h) => 2 * h)).formula).toBe('2*"a-1"');
    expect((await found('a-1', (h) => ceil(h / 2))).formula).toBe('ceil("a-1"/2)');
  });
});

describe('formulas of several sizes', () => {
  const cases: [string, string, Model][] = [
    ['N*H*W', 'N H W', (n, h, w) => n * h * w],
    ['2*H+W-3', 'H W', (h, w) => 2 * h + w - 3],
    ['N*ceil(H/8)*ceil(W/8)+N', 'N H W', (n, h, w) => n * (ceil(h / 8) * ceil(w / 8) + 1)],
    ['A*B*C*D', 'A B C D E', (a, b, c, d) => a * b * c * d],
  ];
  test.each(cases)('%s', async (formula, names, size) => {
    expect((await found(names, size)).formula).toBe(formula);
  });

  test('are of the multiples that the model takes', async () => {
    const levels: Model = (h, w) => (h / 8) * (w / 8) + (h / 16) * (w / 16) + (h / 32) * (w / 32);
    const seen = await found('H W', levels, (h, w) => h % 32 === 0 && w % 32 === 0);
    expect(seen.formula).toBe('21*H*W/1024');
    expect(seen.explorer.free.map(({ step }) => step)).toEqual([32, 32]);
  });

  test('say which must be equal', async () => {
    const { formula, explorer } = await found(
      'ids.0 ids.1 mask.0 mask.1',
      (n, length) => n * length,
      (n, length, sameN, sameLength) => n === sameN && length === sameLength,
    );
    expect(explorer.free.length).toBe(2);
    expect(formula).toBe('ids.0*ids.1');
  });

  test('are not guessed', async () => {
    expect((await found('H W', (h, w) => Math.max(h, w))).formula).toBe('?');
    expect((await found('H W', (h, w) => floor((h * w) / 7))).formula).toBe('?');
    expect((await found('H W', (h, w) => floor(h / 2) * w + h)).formula).toBe('?');
  });
});
