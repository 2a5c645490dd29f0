import type { GraphNode } from '../graph.js';

/** Some nodes and scopes, under a common title. */
export interface Scope {
  title: string;
  children: (Scope | number)[];
}

/** A group of fewer nodes takes more room than it saves. */
const fewest = 3;

/**
 * Groups nodes by their names: exporters write the modules that a node is of before its own name,
 * as in `/layers.0/attention/MatMul`.
 */
export function scopesByName(nodes: readonly GraphNode[], places: Iterable<number>): Scope {
  const root: Scope = { title: '', children: [] };
  const inner = new Map<Scope, Map<string, Scope>>();
  for (const index of places) {
    let scope = root;
    for (const title of nodes[index]!.name.split(/[/.]/).filter(Boolean).slice(0, -1)) {
      scope = scopeIn(scope, title, inner);
    }
    scope.children.push(index);
  }
  const whole = simplified(root);
  // What all nodes are of tells nothing.
  while (whole.children.length === 1 && typeof whole.children[0] === 'object') {
    whole.children = whole.children[0].children;
  }
  return whole;
}

function scopeIn(outer: Scope, title: string, inner: Map<Scope, Map<string, Scope>>): Scope {
  let known = inner.get(outer);
  if (!known) inner.set(outer, (known = new Map<string, Scope>()));
  let scope = known.get(title);
  if (!scope) {
    known.set(title, (scope = { title, children: [] }));
    outer.children.push(scope);
  }
  return scope;
}

/** The same without scopes that group next to nothing, or only another scope. */
function simplified({ title, children }: Scope): Scope {
  const kept = children.flatMap((child) => {
    if (typeof child === 'number') return [child];
    const scope = simplified(child);
    const [only] = scope.children;
    if (scope.children.length === 1 && typeof only === 'object') {
      return [{ title: `${scope.title}/${only.title}`, children: only.children }];
    }
    return sizeOf(scope) < fewest ? scope.children : [scope];
  });
  return { title, children: kept };
}

/** How many nodes it has. */
export function sizeOf(scope: Scope | number): number {
  if (typeof scope === 'number') return 1;
  return scope.children.reduce<number>((sum, child) => sum + sizeOf(child), 0);
}

export function leavesOf(scope: Scope | number): number[] {
  return typeof scope === 'number' ? [scope] : scope.children.flatMap(leavesOf);
}
