import './enlarge.css';
import { useSignal } from '@preact/signals';
import { BatchPanel } from '../batch/BatchPanel.js';
import { ErrorBox } from '../base/ErrorBox.js';
import { Facts } from '../base/Facts.js';
import { Masthead } from '../base/Masthead.js';
import { Progress } from '../base/Progress.js';
import { forgetSettings } from '../base/settings.js';
import { CompareBar, Measured } from './comparing/CompareBar.js';
import { InputPanel } from './inputs/InputPanel.js';
import { MakingPanel } from './making/MakingPanel.js';
import { baseline, viewMode } from './preferences.js';
import { BrowserPanel } from './results/BrowserPanel.js';
import { Profile } from './results/Profile.js';
import { resultFacts } from './results/result-facts.js';
import { SaveBar } from './results/SaveBar.js';
import { Stage, type Side } from '../stage/Stage.js';
import type { View } from '../stage/view.js';
import type { Workbench } from './workbench.js';

export function App({ bench, view }: { bench: Workbench; view: View }) {
  const files = bench.several.value;
  return (
    <>
      <Masthead current="index.html" />
      <main>
        {files ? (
          <BatchPanel
            files={files}
            enlarge={bench.enlargeFile}
            onDone={() => bench.closeSeveral()}
          />
        ) : (
          <Work bench={bench} view={view} />
        )}
        <div class="panels">
          <InputPanel bench={bench} />
          <MakingPanel picture={files ? undefined : bench.picture.value} />
        </div>
        <More bench={bench} isSingle={!files} />
      </main>
    </>
  );
}

/** The picture, what it is compared with, how far the work is, and saving. */
function Work({ bench, view }: { bench: Workbench; view: View }) {
  const amplification = useSignal(8);
  const isBusy = bench.activity.value !== undefined;
  const [other, result] = [bench.other.value, bench.enlarged.value?.result];
  return (
    <section class="card work" aria-label="Result and comparison">
      <CompareBar bench={bench} amplification={amplification} />
      <ErrorBox errors={bench.errors.value} onClose={() => (bench.errors.value = [])} />
      <Stage
        view={view}
        mode={viewMode}
        {...sidesOf(bench)}
        amplification={amplification}
        result={result}
      />
      <div class="work-foot">
        <Status bench={bench} />
        <SaveBar bench={bench} isBusy={isBusy} />
      </div>
      {other && result && <Measured other={other} result={result} />}
    </section>
  );
}

function sidesOf(bench: Workbench): { before: Side | undefined; after: Side | undefined } {
  const [before, shown, other] = [bench.before.value, bench.shown.value, bench.other.value];
  const title = bench.enlarged.value?.network.title ?? 'After';
  const isCompared = baseline.value !== 'plain' && other !== undefined;
  const result = baseline.value === 'reference' ? 'Result' : title;
  return {
    before: other
      ? { picture: other.shown, label: isCompared ? other.label : 'Before' }
      : before && { picture: before, label: 'Before' },
    after: shown && { picture: shown, label: isCompared ? result : 'After' },
  };
}

function Status({ bench }: { bench: Workbench }) {
  const activity = bench.activity.value;
  const picture = bench.picture.value;
  return (
    <div class="status">
      <p role="status">{activity ? `${activity.label} …` : bench.status.value}</p>
      {activity ? (
        <Progress {...activity} onCancel={() => bench.cancel()} />
      ) : (
        <>
          {picture?.isAnimated && (
            <p class="hint">This file is an animation. Only its first picture is enlarged.</p>
          )}
          {bench.shown.value?.isPreview && (
            <p class="hint">
              The result is larger than browsers can show: it is shown smaller here, and saved
              whole.
            </p>
          )}
          {bench.isPlainlyShown.value && (
            <p class="hint">
              Of results this large, “Before” is the picture as the browser enlarges it.
            </p>
          )}
          {bench.status.value === 'Cancelled.' && (
            <button type="button" onClick={() => bench.again()}>
              Try again
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** What few ask for. */
function More({ bench, isSingle }: { bench: Workbench; isSingle: boolean }) {
  const [picture, enlarged] = [bench.picture.value, bench.enlarged.value];
  const isProfileOpen = useSignal(false);
  return (
    <div class="more">
      {isSingle && picture && enlarged && (
        <>
          <details class="card panel">
            <summary>
              <h2>About this result</h2>
            </summary>
            <Facts facts={resultFacts(picture, enlarged)} />
          </details>
          <Profile enlarged={enlarged} picture={picture} isOpen={isProfileOpen} />
        </>
      )}
      <BrowserPanel bench={bench} />
      <p class="hint">
        This page remembers your choices in this browser, and no pictures.{' '}
        <button class="quiet" type="button" onClick={forgetSettings}>
          Forget my choices
        </button>
      </p>
    </div>
  );
}
