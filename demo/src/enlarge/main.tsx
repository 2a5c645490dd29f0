import { effect } from '@preact/signals';
import { render } from 'preact';
import { onDroppedOrPasted } from '../base/dropping.js';
import { keepOffline } from '../offline/offline.js';
import { App } from './App.js';
import { filesOf } from '../pictures/dropped-files.js';
import { baseline, model, targetChoice } from './preferences.js';
import { View } from '../stage/view.js';
import { Workbench } from './workbench.js';

keepOffline();

const bench = new Workbench();
const view = new View();

onDroppedOrPasted((transfer) => {
  // Text that is pasted into a field is no picture.
  if (transfer.types.includes('Files')) {
    filesOf(transfer).then((files) => bench.take(files), reportError);
  }
});

effect(() => {
  void bench.picture.value;
  view.fit();
});
effect(() => {
  const { shown, before } = bench;
  const { width, height } = shown.value ?? before.value ?? { width: 1, height: 1 };
  view.picture.value = { width, height };
});
afterFirst(
  () => [targetChoice.value, model.kind.value, model.file.value, model.address.value],
  () => bench.again(),
);
afterFirst(
  () => [baseline.value, bench.baselineModel.value, bench.reference.value],
  () => bench.compareAgain(),
);

render(<App bench={bench} view={view} />, document.querySelector('#page')!);
bench.takeSample();

/** Calls back whenever what is read changes from what it is now. */
function afterFirst(read: () => unknown, callback: () => void): void {
  let isFirst = true;
  effect(() => {
    read();
    if (!isFirst) queueMicrotask(callback);
    isFirst = false;
  });
}
