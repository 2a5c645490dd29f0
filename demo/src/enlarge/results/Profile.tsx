import './profile.css';
import type { NodeProfile, TileProfile } from 'fovea';
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { describe } from '../../base/messages.js';
import type { Enlarged } from '../making/enlarge.js';
import type { Size } from '../../stage/pyramid.js';
import { measureProfiles, runs, sum } from '../../base/profile-figures.js';

/** Tells where a network's time goes; measured when it is opened. */
export function Profile({
  enlarged,
  picture,
  isOpen,
}: {
  enlarged: Enlarged;
  picture: Size;
  /** Kept beyond this result. */
  isOpen: Signal<boolean>;
}) {
  const measured = useSignal<TileProfile | undefined>(undefined);
  const words = useSignal('');
  const { upscaler } = enlarged;
  useEffect(() => {
    measured.value = undefined;
    if (!isOpen.value) return;
    const ending = new AbortController();
    words.value = 'Measuring …';
    measureProfiles([upscaler], picture, ending.signal).then(
      ([profile]) => (measured.value = profile),
      (error: unknown) => {
        if (!ending.signal.aborted) words.value = describe(error).title;
      },
    );
    return () => ending.abort();
  }, [isOpen.value, upscaler, picture]);
  return (
    <details
      class="card profile"
      id="profile"
      open={isOpen.value}
      onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}
    >
      <summary>
        <h2>Where the time goes</h2>
      </summary>
      {measured.value ? <Table profile={measured.value} /> : <Words words={words} />}
    </details>
  );
}

function Words({ words }: { words: Signal<string> }) {
  return <p class="hint">{words}</p>;
}

function Table({ profile }: { profile: TileProfile }) {
  const total = sum(profile.nodes, 'milliseconds');
  const longest = Math.max(...profile.nodes.map(({ milliseconds }) => milliseconds));
  return (
    <>
      <p class="hint">
        <strong>{total.toFixed(1)} ms</strong>
        {describeTotal(profile, total)}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">How</th>
            <th scope="col">Output</th>
            <th scope="col">ms</th>
            <th scope="col">Share</th>
            <th scope="col">GFLOP/s</th>
          </tr>
        </thead>
        <tbody>
          {profile.nodes.map((node, index) => (
            <Row key={index} node={node} total={total} longest={longest} />
          ))}
        </tbody>
      </table>
      <p class="hint">
        GFLOP/s: billions of multiplications and additions in a second, counted as a step is
        defined. Winograd’s algorithm needs up to four times fewer, so it may show more than the
        processor does.
      </p>
    </>
  );
}

function Row({ node, total, longest }: { node: NodeProfile; total: number; longest: number }) {
  const { milliseconds } = node;
  return (
    <tr>
      <th scope="row">
        {node.opType}
        <small>{node.node}</small>
      </th>
      <td class="algorithm">{node.algorithm}</td>
      <td class="output">{node.dims?.join(' × ') ?? 'depends on the picture'}</td>
      <td class="milliseconds">{milliseconds.toFixed(2)}</td>
      {/* The part of the whole, and a bar that compares it with the longest. */}
      <td class="share" style={{ '--bar': String(milliseconds / (longest || 1)) }}>
        {((100 * milliseconds) / (total || 1)).toFixed(0)} %
      </td>
      <td class="gflops">{node.gflops?.toFixed(0) ?? ''}</td>
    </tr>
  );
}

function describeTotal({ width, height, tiles, nodes }: TileProfile, total: number): string {
  const what = tiles > 1 ? `each of ${tiles} tiles of` : 'a picture of';
  const operations = 2 * sum(nodes, 'macs');
  const rate = total > 0 ? ` at ${(operations / total / 1e6).toFixed(0)} GFLOP/s` : '';
  return (
    ` for ${what} ${width} × ${height} pixels: ${(operations / 1e9).toPrecision(3)} billion ` +
    `operations${rate}. Medians of ${runs} runs, in the order of running.`
  );
}
