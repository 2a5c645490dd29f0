import type { NodeProblem } from 'fovea';
import type { FileView } from './file-view.js';
import { ancestorsOf } from './graph.js';
import type { NodePlace } from './onnx/model.js';

/** A node that cannot be run, and the way to it where that is known. */
export interface Problem extends NodeProblem {
  way: readonly NodePlace[] | undefined;
}

/** What is wrong with nodes of a graph, and with groups that they are in, by their numbers. */
export type ProblemWords = ReadonlyMap<number, string>;

export function problemsIn({ view, at }: FileView, problems: readonly Problem[]): ProblemWords {
  const words = new Map<number, string>();
  for (const { way = [], message } of problems) {
    const step = way.findIndex(({ graph }) => graph === at);
    if (step < 0) continue;
    const { node } = way[step]!;
    const isItself = step === way.length - 1;
    words.set(node, isItself ? message : 'Something inside it cannot be run: open it to see.');
    for (const group of ancestorsOf(view.graph, view.grouping, node)) {
      words.set(group, 'Some of its nodes cannot be run.');
    }
  }
  return words;
}

/** What helps with an operator that cannot be run. */
export function adviceFor(domain: string): string {
  if (domain && domain !== 'ai.onnx') {
    return 'It is of another set of operators than ONNX’s own. Export the model with ONNX’s own operators, or give Fovea this one yourself: registerOperator().';
  }
  return 'Export the model with another opset, or with this part replaced by others; or give Fovea this operator yourself: registerOperator().';
}
