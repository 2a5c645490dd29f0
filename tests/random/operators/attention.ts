import type { GraphMaker, Value } from '../maker.js';
import { tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** The sizes of an attention. */
function sizesOf({ random }: GraphMaker) {
  const keyHeads = random.of([1, 2]);
  return {
    batch: random.int(1, 2),
    heads: keyHeads * random.of([1, 1, 2]),
    keyHeads,
    queries: random.int(1, 5),
    keys: random.int(1, 6),
    width: random.of([2, 4, 8]),
    valueWidth: random.of([2, 4, 6]),
  };
}

/** A scale, or what is usual. */
const scaleOf = ({ random }: GraphMaker) => (random.chance(0.3) ? { float: 0.3 } : undefined);

const attentionOperator: Operator = {
  name: 'Attention',
  add(maker) {
    const { random, type } = maker;
    const { batch, heads, keyHeads, queries, keys, width, valueWidth } = sizesOf(maker);
    const isFlat = random.chance(0.4);
    const heap = (count: number, tokens: number, size: number) =>
      maker.input(type, isFlat ? [batch, tokens, count * size] : [batch, count, tokens, size]);
    const past = random.chance(0.25) ? random.int(1, 3) : 0;
    const total = past + keys;
    const masks = [
      [queries, total],
      [batch, 1, queries, total],
      [1, heads, queries, total],
      [batch, heads, queries, total],
    ];
    const maskDims = random.of(masks);
    const mask = random.of<Value | undefined>([
      undefined,
      maker.weights(maskDims, 2, type),
      // At least one key each is looked at.
      maker.given(tensorOf('bool', maskDims, maskOf(maker, maskDims))),
    ]);
    const pastOf = (size: number) =>
      past > 0 ? maker.input(type, [batch, keyHeads, past, size]) : undefined;
    const inputs = [
      heap(heads, queries, width),
      heap(keyHeads, keys, width),
      heap(keyHeads, keys, valueWidth),
      mask,
      pastOf(width),
      pastOf(valueWidth),
    ];
    const attributes = {
      is_causal: random.chance(0.3) ? 1 : undefined,
      scale: scaleOf(maker),
      softcap: random.chance(0.2) ? { float: 2 } : undefined,
      q_num_heads: isFlat ? heads : undefined,
      kv_num_heads: isFlat ? keyHeads : undefined,
      qk_matmul_output_mode: undefined as number | undefined,
    };
    const dims = isFlat
      ? [batch, queries, heads * valueWidth]
      : [batch, heads, queries, valueWidth];
    const result = { dims, bound: 3 };
    if (past === 0) return maker.one('Attention', inputs, attributes, result);
    const present = (size: number) => ({ dims: [batch, keyHeads, total, size], exact: true });
    const results = [result, present(width), present(valueWidth)];
    return maker.node('Attention', inputs, attributes, results)[0];
  },
};

function maskOf({ random }: GraphMaker, dims: readonly number[]): number[] {
  const row = dims.at(-1)!;
  const count = dims.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, i) => (i % row === 0 || random.chance(0.6) ? 1 : 0));
}

/** Angles of places, as halves of a head's elements. */
const rotaryEmbedding: Operator = {
  name: 'RotaryEmbedding',
  add(maker) {
    const { random, type } = maker;
    const [batch, heads, tokens] = [random.int(1, 2), random.int(1, 3), random.int(1, 4)];
    const size = random.of([4, 8]);
    const isFlat = random.chance(0.4);
    const rotated = random.chance(0.3) ? size / 2 : size;
    const x = maker.input(
      type,
      isFlat ? [batch, tokens, heads * size] : [batch, heads, tokens, size],
    );
    const hasPlaces = random.chance(0.6);
    const cacheDims = hasPlaces ? [9, rotated / 2] : [batch, tokens, rotated / 2];
    const places = random.ints(batch * tokens, 0, 8);
    const inputs = [
      x,
      maker.weights(cacheDims, 1, type),
      maker.weights(cacheDims, 1, type),
      hasPlaces ? maker.int64s(places, [batch, tokens]) : undefined,
    ];
    const attributes = {
      interleaved: random.of([undefined, 0, 1]),
      num_heads: isFlat ? heads : undefined,
      rotary_embedding_dim: rotated < size ? rotated : undefined,
    };
    return maker.one('RotaryEmbedding', inputs, attributes, { bound: 2 * x.bound });
  },
};

export const attention: Operator[] = [attentionOperator, rotaryEmbedding];
