import './model-panel.css';
import type { ModelReport } from 'fovea';
import { Facts } from '../../base/Facts.js';
import { DescriptionEditor, PartCutter } from '../editing/EditingPanel.js';
import type { Inspector } from '../inspector.js';
import { bytesInWords, counted, inWords, milliseconds } from '../labels.js';
import { operatorKinds } from '../operators.js';
import { adviceFor, type Problem } from '../problems.js';
import type { Subject } from '../subject.js';

/** All that is known of the model as a whole. */
export function ModelPanel({ inspector, subject }: { inspector: Inspector; subject: Subject }) {
  const report = subject.report.value;
  const { nodes } = subject.main.view.graph;
  const measured = subject.measured.value;
  return (
    <div class="part">
      <Facts
        facts={{
          File: bytesInWords(subject.files.model.size),
          Nodes: nodes.length.toLocaleString('en'),
          ...(report
            ? reportFacts(report, new Set(nodes.map(({ domain }) => domain)))
            : { 'The rest': 'is being examined …' }),
          ...(measured
            ? {
                'Steps when it runs': measured.steps.length.toLocaleString('en'),
                'Time of a run': milliseconds(measured.total),
              }
            : {}),
        }}
      />
      {report && <Unsupported inspector={inspector} problems={subject.problems.value} />}
      {report?.refusal && (
        <div class="problem">
          <strong>No size of its inputs was taken.</strong>
          <p>{report.refusal.message}</p>
        </div>
      )}
      {report && <Values title="Takes" values={report.inputs} report={report} />}
      {report && <Values title="Gives" values={report.outputs} report={report} />}
      {report && <Operators report={report} />}
      <DescriptionEditor key={subject} inspector={inspector} subject={subject} />
      <PartCutter inspector={inspector} subject={subject} />
      <Colours />
    </div>
  );
}

function reportFacts(
  { parameters, macs, macsFormula, memory, metadata }: ModelReport,
  domains: ReadonlySet<string>,
) {
  const { producerName, producerVersion } = metadata;
  // Exporters name sets that nothing is of, too.
  const opsets = metadata.opsets.filter(({ domain }) => domain === '' || domains.has(domain));
  return {
    'Learned numbers': inWords(parameters),
    ...(macs !== undefined ? { 'Multiplications of a run': inWords(macs) } : {}),
    ...(macs === undefined && macsFormula
      ? { 'Multiplications of a run': macsFormula.replaceAll('*', ' × ') }
      : {}),
    ...(memory ? { 'Memory of a run': bytesInWords(memory.peak) } : {}),
    ...(producerName ? { 'Made by': `${producerName} ${producerVersion}` } : {}),
    'Version of operators': opsets
      .map(({ domain, version }) => `${domain ? `${domain} ` : ''}${version}`)
      .join(', '),
  };
}

function Unsupported({
  inspector,
  problems,
}: {
  inspector: Inspector;
  problems: readonly Problem[];
}) {
  const most = 20;
  if (problems.length === 0) {
    return <p class="hint">All of it can be run here.</p>;
  }
  return (
    <section>
      <div class="problem">
        <strong>{counted(problems.length, 'node')} cannot be run.</strong>
        <p>{adviceFor(problems[0]!.domain)}</p>
      </div>
      <ul>
        {problems.slice(0, most).map(({ node, opType, message, way }) => (
          <li key={node} class="value">
            <span class="value-name">{opType}</span>
            <span class="hint">{message}</span>
            {way && (
              <span class="value-actions">
                <button class="quiet" type="button" onClick={() => void inspector.follow(way)}>
                  Show it
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {problems.length > most && <p class="hint">and {problems.length - most} more</p>}
    </section>
  );
}

/** Inputs or outputs, with the shapes that were found where the model declares none. */
function Values({
  title,
  values,
  report,
}: {
  title: string;
  values: ModelReport['inputs'];
  report: ModelReport;
}) {
  const found = new Map(report.values.map((value) => [value.name, value.shape] as const));
  const facts = values.map(({ name, type, shape: declared }) => {
    const shape = found.get(name) ?? declared;
    return [name, `${type}${shape ? ` [${shape.join(', ')}]` : ''}`];
  });
  return (
    <section>
      <h3>{title}</h3>
      <Facts facts={Object.fromEntries(facts) as Record<string, string>} />
    </section>
  );
}

function Operators({ report }: { report: ModelReport }) {
  const counts = Object.entries(report.operators).sort(([, a], [, b]) => b - a);
  return (
    <details>
      <summary>{counted(counts.length, 'kind')} of nodes</summary>
      <Facts
        facts={Object.fromEntries(
          counts.map(([name, count]) => [name, count.toLocaleString('en')]),
        )}
      />
    </details>
  );
}

function Colours() {
  return (
    <section>
      <h3>Colours of the boxes</h3>
      <ul class="colours">
        {Object.entries(operatorKinds).map(([kind, { title, light, dark }]) => (
          <li key={kind}>
            <span style={{ background: `light-dark(${light}, ${dark})` }} />
            {title}
          </li>
        ))}
      </ul>
    </section>
  );
}
