import type { GraphMaker, Value } from '../maker.js';
import { tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** Functions of one number, with what they may be told. */
const activations = ['Tanh', 'Sigmoid', 'Relu', 'Softsign', 'Softplus', 'HardSigmoid', 'Elu'];

interface Cell {
  gates: number;
  /** How many functions a direction has. */
  functions: number;
  hasMemory?: boolean;
}

function recurrentOperator(name: string, { gates, functions, hasMemory = false }: Cell): Operator {
  return {
    name,
    add(maker) {
      const { random, opset, type } = maker;
      const direction = random.of([undefined, 'forward', 'reverse', 'bidirectional']);
      const directions = direction === 'bidirectional' ? 2 : 1;
      const [time, batch, width, hidden] = [
        random.int(1, 5),
        random.int(1, 3),
        random.int(1, 5),
        random.of([1, 3, 4, 8]),
      ] as [number, number, number, number];
      // onnxruntime computes batches first in none of them.
      const weights = (dims: number[]) => maker.weights([directions, ...dims], 0.5, type);
      const state = () =>
        random.chance(0.5) ? maker.weights([directions, batch, hidden], 1, type) : undefined;
      const x = inputFor(maker, [time, batch, width]);
      const inputs = [
        x,
        weights([gates * hidden, width]),
        weights([gates * hidden, hidden]),
        random.chance(0.6) ? weights([2 * gates * hidden]) : undefined,
        random.chance(0.3)
          ? maker.given(tensorOf('int32', [batch], random.ints(batch, 1, time)))
          : undefined,
        state(),
        ...(hasMemory ? [state(), random.chance(0.4) ? weights([3 * hidden]) : undefined] : []),
      ];
      const attributes = {
        hidden_size: hidden,
        direction,
        clip: random.chance(0.15) ? { float: 0.6 } : undefined,
        activations: random.chance(0.3)
          ? {
              strings: random
                .shuffled(activations.flatMap((a) => [a, a]))
                .slice(0, functions * directions),
            }
          : undefined,
        linear_before_reset: name === 'GRU' ? random.of([undefined, 0, 1]) : undefined,
        input_forget: hasMemory && random.chance(0.2) ? 1 : undefined,
        layout: opset >= 14 && random.chance(0.1) ? 0 : undefined,
      };
      const last = { dims: [directions, batch, hidden], bound: 5 };
      const results = [
        { dims: [time, directions, batch, hidden], bound: 5 },
        ...(random.chance(0.7) ? [last] : []),
      ];
      if (hasMemory && results.length > 1 && random.chance(0.7)) results.push(last);
      return maker.node(name, inputs, attributes, results)[0];
    },
  };
}

const inputFor = (maker: GraphMaker, dims: readonly number[]): Value =>
  maker.pick((v) => v.type === maker.type && v.dims.join() === dims.join() && v.bound < 100) ??
  maker.input(maker.type, dims);

export const recurrent: Operator[] = [
  recurrentOperator('RNN', { gates: 1, functions: 1 }),
  recurrentOperator('GRU', { gates: 3, functions: 2 }),
  recurrentOperator('LSTM', { gates: 4, functions: 3, hasMemory: true }),
];
