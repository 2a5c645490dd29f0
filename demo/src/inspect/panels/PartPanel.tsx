import './part-panel.css';
import { Facts } from '../../base/Facts.js';
import { groupById, type Group } from '../graph.js';
import type { Inspector } from '../inspector.js';
import { counted, milliseconds, titleOfGroup } from '../labels.js';
import type { Subject } from '../subject.js';
import type { GraphView } from '../view.js';
import { NodePart } from './NodePart.js';
import { ValueList } from './ValueList.js';

interface Props {
  inspector: Inspector;
  subject: Subject;
  view: GraphView;
}

/** All that is known of the chosen node or group. */
export function PartPanel(props: Props) {
  const { inspector, view } = props;
  const id = Number(view.selected.value ?? NaN);
  const group = groupById(view.graph, view.grouping, id);
  if (group) return <GroupPart {...props} group={group} />;
  if (view.graph.nodes[id])
    return <NodePart key={`${inspector.mode.value} ${id}`} {...props} id={id} />;
  return (
    <p class="hint">
      Choose a box in the drawing, or find a part in the list. A box with a ▸ holds others: tap it
      twice, or press Enter, to open it.
    </p>
  );
}

function GroupPart({ subject, view, group }: Props & { group: Group }) {
  const isOpen = view.isOpen(group.id);
  // Opened and closed is what is placed anew.
  void view.placed.value;
  const measured = subject.measured.value;
  const time = measured?.timeIn(view, group.id);
  const share = time !== undefined && measured ? shareOf(time, measured.total) : undefined;
  const valuesOf = (ports: Group['inputs']) => ports.flatMap(({ values }) => values);
  return (
    <div class="part">
      <h3 class="part-title">{titleOfGroup(group.title)}</h3>
      <button type="button" onClick={() => void view.toggle(group.id)}>
        {isOpen ? 'Close this group' : 'Open this group'}
      </button>
      <Facts
        facts={{
          Holds: counted(group.nodeCount, 'node'),
          'Most of them': group.operators.join(', '),
          ...(time === undefined ? {} : { Time: `${milliseconds(time)}, ${share}` }),
        }}
      />
      <ValueList title="Comes in" values={valuesOf(group.inputs)} />
      <ValueList title="Goes out" values={valuesOf(group.outputs)} />
    </div>
  );
}

export function shareOf(time: number, total: number): string {
  const share = (100 * time) / (total || 1);
  return `${share < 1 ? 'less than 1' : share.toFixed(0)} % of all`;
}
