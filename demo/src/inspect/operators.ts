/** Kinds of operators, by which boxes are coloured. */
export const operatorKinds = {
  product: { title: 'Multiplies by weights', light: '#0f6b66', dark: '#63cfc2' },
  activation: { title: 'Bends values (activation)', light: '#b3541e', dark: '#f0a46b' },
  arithmetic: { title: 'Adds, multiplies, normalises', light: '#4a5fc1', dark: '#9fb0ff' },
  movement: { title: 'Moves or resizes', light: '#7a4b9a', dark: '#cf9ff0' },
  control: { title: 'Decides or repeats', light: '#a12f5b', dark: '#ff9ac0' },
  other: { title: 'Anything else', light: '#6b7576', dark: '#98a5a5' },
} as const;

export type OperatorKind = keyof typeof operatorKinds;

const patterns: readonly (readonly [OperatorKind, RegExp])[] = [
  ['control', /^(If|Loop|Scan|SequenceMap)$/],
  ['product', /(Conv|MatMul|Gemm|LSTM|GRU|RNN|Attention|Einsum)/],
  [
    'activation',
    /(Relu|Sigmoid|Tanh|Softmax|Elu|Gelu|Selu|Celu|Swish|Mish|Softplus|Clip|Erf|HardSw|Silu)/i,
  ],
  [
    'movement',
    /(Reshape|Transpose|Concat|Split|Slice|Gather|Scatter|Pad|Resize|Upsample|Depth|Space|Flatten|squeeze|Expand|Tile|Shape|Identity|Cast|^To[A-Z])/i,
  ],
  ['arithmetic', /(Add|Sub|Mul|Div|Pow|Sqrt|Exp|Log|Reduce|Norm|Pool|Sum|Mean|Max|Min|Abs|Neg)/],
];

export function kindOfOperator(opType: string): OperatorKind {
  return patterns.find(([, pattern]) => pattern.test(opType))?.[0] ?? 'other';
}
