import { broadcast } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import { operandFor } from './elementwise.js';
import type { Operator } from './operator.js';

const stringConcat: Operator = {
  name: 'StringConcat',
  add(maker) {
    const a = maker.take();
    const b = operandFor(maker, a);
    const dims = broadcast(a.dims, b.dims);
    return dims && maker.one('StringConcat', [a, b], {}, { dims, exact: true });
  },
};

const stringSplit: Operator = {
  name: 'StringSplit',
  add(maker) {
    const { random } = maker;
    const x = maker.take();
    const attributes = {
      delimiter: random.of([undefined, ' ', 'a', 'he']),
      maxsplit: random.of([undefined, 1, 2]),
    };
    const counts = { type: 'int64' as const, exact: true, bound: 9 };
    const parts = { dims: [...x.dims, 1], exact: true };
    const [made] = maker.node('StringSplit', [x], attributes, [parts, counts]);
    return maker.end(made);
  },
};

const stringNormalizer: Operator = {
  name: 'StringNormalizer',
  add(maker) {
    const { random } = maker;
    const dims = random.of([[5], [1, 4], [1]]);
    const x = maker.take(1, 2, { fits: (v) => v.dims.join() === dims.join() });
    const isLine = x.dims.length === 1 || (x.dims.length === 2 && x.dims[0] === 1);
    const line = isLine && elementCount(x.dims) > 0 ? x : maker.input('string', dims);
    const attributes = {
      case_change_action: random.of([undefined, 'NONE', 'LOWER', 'UPPER']),
      is_case_sensitive: random.of([undefined, 0, 1]),
      stopwords: random.chance(0.6) ? { strings: ['the', 'b'] } : undefined,
      // Every system has this locale; words are of ASCII and of other letters.
      locale: 'C',
    };
    const made = maker.one('StringNormalizer', [line], attributes, { exact: true });
    return maker.end(made);
  },
};

/** Pairs and single words that are counted. */
const tfIdfVectorizer: Operator = {
  name: 'TfIdfVectorizer',
  add(maker) {
    const { random, type } = maker;
    const mode = random.of(['TF', 'IDF', 'TFIDF']);
    const sizes = random.of([[6], [2, 5]]);
    const x = maker.given(tensorOf(type, sizes, random.ints(elementCount(sizes), 0, 5)));
    const words = tensorOf(type, [7], [1, 2, 3, 1, 2, 3, 4]).data;
    const attributes = {
      mode,
      min_gram_length: random.int(1, 2),
      max_gram_length: 2,
      max_skip_count: random.int(0, 2),
      ngram_counts: [0, 3],
      ngram_indexes: [0, 1, 2, 3, 4],
      pool_int64s: type === 'string' ? undefined : Array.from(words as Int32Array, Number),
      pool_strings: type === 'string' ? { strings: words as string[] } : undefined,
      weights: random.chance(0.6) ? { floats: [0.5, 1, 2, 0.25, 3] } : undefined,
    };
    const dims = [...x.dims.slice(0, -1), 5];
    return maker.one('TfIdfVectorizer', [x], attributes, { type: 'float32', dims, bound: 20 });
  },
};

export const text: Operator[] = [stringConcat, stringSplit, stringNormalizer, tfIdfVectorizer];
