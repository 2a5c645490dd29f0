import { test } from '@jest/globals';
import { transformer } from '../browser/inspect/support/large-models.js';
import { readModel } from '../../demo/src/inspect/onnx/model.js';
import { groupNodes } from '../../demo/src/inspect/groups/grouping.js';
import { layOut } from '../../demo/src/inspect/layout/lay-out.js';
const timed = (name: string, f: () => any) => { const s = performance.now(); const r = f(); console.log(name, (performance.now() - s).toFixed(0)); return r; };
test('x', () => {
  for (const naming of ['modules', 'none'] as const) {
    const bytes = transformer(200, naming);
    const model = timed('read', () => readModel(bytes));
    const graph = model.graphs[0];
    const grouping = timed('group', () => groupNodes(graph));
    console.log(graph.nodes.length, grouping.groups.length, Math.max(...grouping.groups.map((g: any) => g.children.length)), grouping.groups.slice(0,4).map((g: any) => [g.title, g.children.length, g.links.length, g.inputs.length, g.outputs.length, g.operators].join(' ')));
    for (const g of grouping.groups.slice(0, 3)) timed('layout ' + g.children.length, () => layOut({ boxes: [...g.children.map(String), ...[...g.inputs, ...g.outputs].map((p: any) => p.key)].map((key) => ({ key, width: 160, height: 48 })), links: g.links }));
  }
});
