import type { Difference } from './compare.js';
import type { Attribute, Body, Graph, GraphNode } from './graph.js';
import { toNumbers, type TensorValue } from './tensors.js';

const mostNumbers = 12;

/** A graph as a person reads it. */
export function describeGraph(graph: Graph): string {
  const constantOf = (name: string) => graph.constants[name];
  const value = (name: string) => {
    const constant = constantOf(name);
    return constant ? describeTensor(constant) : name || '-';
  };
  const inputs = graph.inputs.map(({ name, type, dims }) => {
    const fed = graph.feeds.flatMap((feed) => (feed[name] ? [describeTensor(feed[name])] : []));
    return `  ${name}: ${type} [${dims.join()}], fed ${fed.join(' then ')}`;
  });
  const nodes = graph.nodes.map((node) => `  ${describeNode(node, value)}`);
  const fetched = graph.fetches.length > 0 ? `, fetched by name: ${graph.fetches.join(', ')}` : '';
  const declared = graph.declaredConstants.length > 0 ? ['  constants are inputs, too'] : [];
  const wanted = `  outputs: ${graph.outputs.join(', ')}${fetched}`;
  return [`  opset ${graph.opset}`, ...inputs, ...declared, ...nodes, wanted].join('\n');
}

function describeNode(node: GraphNode, value: (name: string) => string = (name) => name): string {
  const outputs = node.outputs.map((name) => name || '-').join(', ');
  const domain = node.domain ? `${node.domain}:` : '';
  const inputs = node.inputs.map(value).join(', ');
  return `${outputs} = ${domain}${node.opType}(${inputs})${describeAttributes(node)}`;
}

function describeTensor({ type, dims, data }: TensorValue): string {
  const numbers = [...toNumbers({ type, data })].map((n) => Number(n.toPrecision(6)));
  const shown = type === 'string' ? (data as string[]).map((s) => JSON.stringify(s)) : numbers;
  const content = shown.length <= mostNumbers ? shown.join(' ') : '...';
  return `${type}[${dims.join()}]{${content}}`;
}

function describeAttributes({ attributes }: GraphNode): string {
  const all = Object.entries(attributes).map(([name, value]) => `${name}=${describe(value)}`);
  return all.length > 0 ? ` {${all.join(', ')}}` : '';
}

function describe(value: Attribute): string {
  if (Array.isArray(value)) return `[${value.join()}]`;
  if (typeof value !== 'object') return String(value);
  if ('float' in value) return String(value.float);
  if ('strings' in value) return JSON.stringify(value.strings);
  if ('body' in value) return describeBody(value.body);
  return 'floats' in value ? `[${value.floats.join()}]` : Object.keys(value).join();
}

function describeBody({ inputs, nodes, outputs }: Body): string {
  const names = inputs.map(({ name }) => name).join(', ');
  const lines = nodes.map((node) => describeNode(node)).join('; ');
  return `(${names}) => { ${lines}; return ${outputs.join(', ')} }`;
}

export function describeDifference(difference: Difference): string {
  const { value, run, what, actual, expected, at, error, tolerance, count } = difference;
  const place = at ? ` at [${at.join()}]` : '';
  const size = at
    ? `; ${count} elements are off, by up to ${error?.toPrecision(3)}, over ${tolerance?.toPrecision(3)}`
    : '';
  return (
    `${what} of ${value} in run ${run}${place}: Fovea has ${actual}, ` +
    `onnxruntime ${expected}${size}`
  );
}
