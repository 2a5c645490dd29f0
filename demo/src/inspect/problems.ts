import type { ModelReport } from 'fovea';
import type { FileView } from './file-view.js';
import { ancestorsOf } from './graph.js';

/** What is wrong with nodes, and with groups that they are in, by their numbers. */
export type Problems = ReadonlyMap<number, string>;

export function problemsIn({ view, engineNames }: FileView, report: ModelReport): Problems {
  const places = new Map(engineNames.map((name, at) => [name, at] as const));
  const problems = new Map<number, string>();
  for (const { node, message } of report.unsupported) {
    const at = places.get(node);
    if (at === undefined) continue;
    problems.set(at, message);
    for (const group of ancestorsOf(view.graph, view.grouping, at)) {
      problems.set(group, 'Some of its nodes cannot be run.');
    }
  }
  return problems;
}

/** What helps with an operator that cannot be run. */
export function adviceFor(domain: string): string {
  if (domain && domain !== 'ai.onnx') {
    return 'It is of another set of operators than ONNX’s own. Export the model with ONNX’s own operators, or give Fovea this one yourself: registerOperator().';
  }
  return 'Export the model with another opset, or with this part replaced by others; or give Fovea this operator yourself: registerOperator().';
}
