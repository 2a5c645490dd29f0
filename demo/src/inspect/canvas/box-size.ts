import type { Graph, Grouping } from '../graph.js';
import { labelOf, portLabel } from '../labels.js';
import type { Measure } from '../layout/scene.js';
import { font } from './painter.js';

const widths = { least: 110, most: 230 };

/** Boxes as wide as what is written on them, within limits. */
export function measureBoxes(graph: Graph, grouping: Grouping): Measure {
  const context = document.createElement('canvas').getContext('2d')!;
  const widthOf = (text: string, size: number, weight?: number) => {
    context.font = font(size, weight);
    return context.measureText(text).width;
  };
  const within = (width: number) =>
    Math.round(Math.min(widths.most, Math.max(widths.least, width)));
  return ({ key, kind, values }) => {
    if (kind === 'port') {
      return {
        width: Math.min(180, Math.max(50, widthOf(portLabel(values), 11) + 24)),
        height: 24,
      };
    }
    const { title, subtitle } = labelOf(graph, grouping, Number(key));
    // There is room for a time behind the title.
    const width = Math.max(widthOf(title, 13, 650) + 90, widthOf(subtitle, 11) + 30);
    return { width: within(width), height: subtitle ? 44 : 34 };
  };
}
