import type { NodeProfile, TileProfile, Upscaler } from 'fovea';
import { byId, textElement } from './dom.js';
import { showError } from './messages.js';

interface Subject {
  upscaler: Upscaler;
  /** Of the picture, in pixels. */
  size: { width: number; height: number };
}

/** Odd, so that there is a median. */
const runs = 5;

/** Tells what the network spends its time on; measured when it is opened. */
export class ProfilePanel {
  readonly #panel = byId('profile', HTMLDetailsElement);
  readonly #total = byId('profile-total', HTMLDivElement);
  readonly #nodes = byId('profile-nodes', HTMLTableSectionElement);
  #subject: Subject | undefined;
  #work = new AbortController();

  constructor() {
    this.#panel.addEventListener('toggle', () => void this.#fill());
  }

  /** Is about this network and a picture of this size from now on. */
  show(upscaler: Upscaler, { width, height }: Subject['size']): void {
    this.clear();
    this.#subject = { upscaler, size: { width, height } };
    this.#panel.hidden = false;
    void this.#fill();
  }

  /** Is about nothing, until there is something again. */
  clear(): void {
    this.#work.abort();
    this.#work = new AbortController();
    this.#subject = undefined;
    this.#panel.hidden = true;
    this.#total.replaceChildren();
    this.#nodes.replaceChildren();
  }

  async #fill(): Promise<void> {
    if (!this.#panel.open || !this.#subject || this.#total.hasChildNodes()) return;
    const { signal } = this.#work;
    this.#total.textContent = 'Measuring …';
    try {
      const profile = await measure(this.#subject, signal);
      if (signal.aborted) return;
      const total = sum(profile.nodes, 'milliseconds');
      this.#total.replaceChildren(...describeTotal(profile, total));
      const longest = Math.max(...profile.nodes.map(({ milliseconds }) => milliseconds));
      this.#nodes.replaceChildren(...profile.nodes.map((node) => toRow(node, total, longest)));
    } catch (reason) {
      if (!signal.aborted) showError(this.#total, reason);
    }
  }
}

async function measure({ upscaler, size }: Subject, signal: AbortSignal): Promise<TileProfile> {
  const profiles: TileProfile[] = [];
  for (let i = 0; i < runs; ++i) profiles.push(await upscaler.profile(size, { signal }));
  const [first] = profiles as [TileProfile];
  const nodes = first.nodes.map((_, index) => median(profiles.map(({ nodes }) => nodes[index]!)));
  return { ...first, nodes };
}

/** Of several runs of a node, the one that took the median time. */
function median(nodes: NodeProfile[]): NodeProfile {
  return nodes.toSorted((a, b) => a.milliseconds - b.milliseconds)[nodes.length >> 1]!;
}

function describeTotal({ width, height, tiles, nodes }: TileProfile, total: number) {
  const what = tiles > 1 ? `each of ${tiles} tiles of` : 'a picture of';
  const operations = 2 * sum(nodes, 'macs');
  const rate = total > 0 ? ` at ${(operations / total / 1e6).toFixed(0)} GFLOP/s` : '';
  const details =
    ` for ${what} ${width} × ${height} pixels: ${(operations / 1e9).toPrecision(3)} billion ` +
    `operations${rate}. Medians of ${runs} runs, in the order of running.`;
  return [textElement('strong', `${total.toFixed(1)} ms`), details];
}

function toRow(node: NodeProfile, total: number, longest: number): HTMLTableRowElement {
  const name = textElement('th', node.opType);
  name.setAttribute('scope', 'row');
  name.append(textElement('small', node.node));
  const row = document.createElement('tr');
  row.append(
    name,
    cell('algorithm', node.algorithm),
    cell('output', node.dims?.join(' × ') ?? 'depends on the picture'),
    cell('milliseconds', node.milliseconds.toFixed(2)),
    shareCell(node.milliseconds, total, longest),
    cell('gflops', node.gflops?.toFixed(0) ?? ''),
  );
  return row;
}

/** The part of the whole, and a bar that compares it with the longest. */
function shareCell(time: number, total: number, longest: number): HTMLElement {
  const element = cell('share', `${((100 * time) / (total || 1)).toFixed(0)} %`);
  element.style.setProperty('--bar', String(time / (longest || 1)));
  return element;
}

function cell(name: string, text: string): HTMLElement {
  const element = textElement('td', text);
  element.className = name;
  return element;
}

function sum(nodes: readonly NodeProfile[], what: 'milliseconds' | 'macs'): number {
  return nodes.reduce((total, node) => total + node[what], 0);
}
