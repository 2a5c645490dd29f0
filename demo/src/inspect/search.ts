import { ancestorsOf } from './graph.js';
import { counted, titleOfGroup } from './labels.js';
import type { GraphView } from './view.js';

/** A node or a group that was found. */
export interface Found {
  id: number;
  /** What there is to tell it from others. */
  detail: string;
}

/** What can be found in a graph: groups by their titles, nodes by all that they are called or read. */
export class SearchIndex {
  readonly #entries: readonly (Found & { text: string })[];

  constructor({ graph, grouping }: GraphView) {
    const [, ...groups] = grouping.groups;
    const placeOf = (id: number) => {
      const titles = ancestorsOf(graph, grouping, id)
        .slice(1)
        .map((group) => titleOfGroup(grouping.groups[group - graph.nodes.length]!.title));
      return titles.length > 0 ? `, in ${titles.join(' › ')}` : '';
    };
    this.#entries = [
      ...groups.map(({ id, title, nodeCount }) => {
        const detail = `${counted(nodeCount, 'node')}${placeOf(id)}`;
        return { id, detail, text: `${title} ${detail}`.toLowerCase() };
      }),
      ...graph.nodes.map(({ name, opType, domain, inputs, outputs }, id) => {
        const text = [name, opType, domain, ...inputs, ...outputs].join(' ').toLowerCase();
        return { id, detail: name || (outputs[0] ?? ''), text };
      }),
    ];
  }

  /** All that has each of the words. */
  find(query: string, isMeant: (id: number) => boolean = () => true): Found[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#entries.filter(
      ({ id, text }) => isMeant(id) && words.every((word) => text.includes(word)),
    );
  }
}
