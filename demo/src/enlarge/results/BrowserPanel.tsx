import { useSignal } from '@preact/signals';
import { capabilities, type Capabilities } from 'fovea';
import { useEffect } from 'preact/hooks';
import { Facts } from '../../base/Facts.js';
import type { Workbench } from '../workbench.js';
import { browserFacts } from './result-facts.js';

/** What computes here, and why. */
export function BrowserPanel({ bench }: { bench: Workbench }) {
  const found = useSignal<Capabilities | undefined>(undefined);
  useEffect(() => {
    capabilities().then(
      (capabilities) => (found.value = capabilities),
      (error: unknown) => (bench.errors.value = [error]),
    );
  }, []);
  return (
    <details class="card panel" id="browser" data-engine={found.value?.variant}>
      <summary>
        <h2>About this browser</h2>
      </summary>
      {found.value && <Facts facts={browserFacts(found.value)} />}
    </details>
  );
}
