import type { ElementType } from '../support/onnx-builder.js';
import type { Graph } from './graph.js';
import { tensorOf, toNumbers, type TensorValue } from './tensors.js';

/** Operators that name an element type themselves. */
const typed = ['Cast', 'Constant', 'ConstantOfShape', 'EyeLike', 'Range'];

/** The inputs that are float32 whatever the others are. */
const alwaysFloat32: Record<string, readonly number[]> = { Resize: [1, 2], Upsample: [1] };

/** A graph of float32 as one of another type of floats; the same where an operator names types. */
export function retyped(graph: Graph, type: ElementType): Graph {
  if (type === 'float32' || graph.nodes.some(({ opType }) => typed.includes(opType))) return graph;
  const kept = new Set(
    graph.nodes.flatMap(({ opType, inputs }) =>
      inputs.filter((_, index) => alwaysFloat32[opType]?.includes(index)),
    ),
  );
  const changes = (name: string) => graph.types[name] === 'float32' && !kept.has(name);
  const tensors = (record: Readonly<Record<string, TensorValue>>) =>
    Object.fromEntries(
      Object.entries(record).map(([name, tensor]) => [
        name,
        changes(name) ? tensorOf(type, tensor.dims, toNumbers(tensor)) : tensor,
      ]),
    );
  const types = Object.entries(graph.types).map(([name, given]) => [
    name,
    changes(name) ? type : given,
  ]);
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (changes(input.name) ? { ...input, type } : input)),
    constants: tensors(graph.constants),
    types: Object.fromEntries(types) as Record<string, ElementType>,
    feeds: graph.feeds.map(tensors),
  };
}
