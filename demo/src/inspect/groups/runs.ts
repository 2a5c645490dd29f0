import { leavesOf, type Scope } from './scopes.js';

/** A value's way from the node that makes it to one that reads it, by their places. */
export type Edge = readonly [from: number, to: number];

/** As many boxes are laid out at once, and are seen at once, at most. */
export const mostBoxes = 150;

/** The same with at most `mostBoxes` in each scope: longer ones are cut into runs. */
export function withRuns({ title, children }: Scope, edges: readonly Edge[]): Scope {
  const inner = children.map((child) =>
    typeof child === 'number' ? child : withRuns(child, edges),
  );
  let scope: Scope = { title, children: inner };
  while (scope.children.length > mostBoxes) {
    scope = { title, children: runsOf(scope.children, edges) };
  }
  return scope;
}

/** Cuts a list where the fewest values go across, into pieces of about the same length. */
function runsOf(children: readonly (Scope | number)[], edges: readonly Edge[]): Scope[] {
  const across = crossings(children, edges);
  const length = Math.min(100, Math.ceil(Math.sqrt(children.length)));
  const runs: Scope[] = [];
  for (let start = 0; start < children.length;) {
    const end = bestCut(across, start, length);
    const run = children.slice(start, end);
    runs.push({ title: titleOf(run), children: run });
    start = end;
  }
  return runs;
}

/** Where to end a run that begins at `start`. */
function bestCut(across: Uint32Array, start: number, length: number): number {
  const last = start + Math.ceil(1.5 * length);
  if (last >= across.length) return across.length;
  let best = start + length;
  const cost = (end: number) => across[end]! + Math.abs(end - start - length) / (2 * length);
  for (let end = start + Math.ceil(length / 2); end <= last; ++end) {
    if (cost(end) < cost(best)) best = end;
  }
  return best;
}

/** How many edges lead from what is before each place to what is behind it. */
function crossings(children: readonly (Scope | number)[], edges: readonly Edge[]): Uint32Array {
  const place = new Map<number, number>();
  for (const [index, child] of children.entries()) {
    for (const leaf of leavesOf(child)) place.set(leaf, index);
  }
  const change = new Int32Array(children.length + 1);
  for (const [from, to] of edges) {
    const [a, b] = [place.get(from), place.get(to)];
    if (a === undefined || b === undefined) continue;
    ++change[Math.min(a, b) + 1]!;
    --change[Math.max(a, b) + 1]!;
  }
  let sum = 0;
  return Uint32Array.from(change.subarray(0, children.length), (step) => (sum += step));
}

function titleOf(run: readonly (Scope | number)[]): string {
  const titleOfOne = (child: Scope | number, end: 'first' | 'last') => {
    if (typeof child === 'number') return String(child + 1);
    // Of runs of runs, where they begin and end.
    return child.title.split(' – ').at(end === 'first' ? 0 : -1)!;
  };
  return `${titleOfOne(run[0]!, 'first')} – ${titleOfOne(run.at(-1)!, 'last')}`;
}
