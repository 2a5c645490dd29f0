import type { BoxLook } from './canvas/painter.js';
import { ancestorsOf, groupById } from './graph.js';
import type { Inspector } from './inspector.js';
import { counted, labelOf, milliseconds, portLabel } from './labels.js';
import type { PlacedBox } from './layout/scene.js';
import { kindOfOperator } from './operators.js';
import type { GraphView } from './view.js';

/** What is written on a box, with all that is known by now. */
export function lookIn(inspector: Inspector, view: GraphView, box: PlacedBox): BoxLook {
  if (box.kind === 'port') {
    const title = portLabel(box.values);
    return { title, subtitle: '', kind: undefined, time: undefined, isUnsupported: false };
  }
  const id = Number(box.key);
  const { graph, grouping } = view;
  const opType = groupById(graph, grouping, id)?.operators[0] ?? graph.nodes[id]!.opType;
  return {
    ...labelOf(graph, grouping, id),
    kind: kindOfOperator(opType),
    time: timeOf(inspector, view, id),
    isUnsupported: inspector.problems.value.has(id),
  };
}

function timeOf(inspector: Inspector, view: GraphView, id: number): BoxLook['time'] {
  const measured = inspector.subject.value?.measured.value;
  const time = measured?.timeIn(view, id);
  if (!measured || time === undefined) return undefined;
  return { text: milliseconds(time), share: time / (measured.total || 1) };
}

/** The chosen part in words, with what leads to it and from it. */
export function spokenPart(inspector: Inspector, view: GraphView): string {
  const id = Number(view.selected.value ?? NaN);
  const group = groupById(view.graph, view.grouping, id);
  const node = view.graph.nodes[id];
  if (!group && !node) return '';
  const { title, subtitle } = labelOf(view.graph, view.grouping, id);
  const state = group ? `, group, ${view.isOpen(id) ? 'open' : 'closed'}` : '';
  const uses = node
    ? `, reads ${counted(node.inputs.length, 'value')}, makes ${counted(node.outputs.length, 'value')}`
    : '';
  const problem = inspector.problems.value.has(id) ? ', cannot be run' : '';
  void view.placed.value;
  return `${title}, ${subtitle}${state}${uses}${problem}`;
}

/**
 * Where a port's first value comes from, if it is an input, or goes to; of the model's own inputs and outputs,
 * the node at the other end.
 */
export function portTarget(view: GraphView, { key, owner, values }: PlacedBox): number | undefined {
  const [value = ''] = values;
  const maker = view.uses.maker.get(value);
  const readers = view.uses.readers.get(value) ?? [];
  const isInside = (node: number) => ancestorsOf(view.graph, view.grouping, node).includes(owner);
  if (key.startsWith('in')) return maker ?? readers.find(isInside);
  return readers.find((node) => !isInside(node)) ?? maker;
}
