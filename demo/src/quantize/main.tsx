import { render } from 'preact';
import { onDroppedOrPasted } from '../base/dropping.js';
import { keepOffline } from '../offline/offline.js';
import { filesOf } from '../pictures/dropped-files.js';
import { App } from './App.js';
import { Quantiser } from './quantiser.js';

keepOffline();

const quantiser = new Quantiser();

onDroppedOrPasted((transfer) => {
  // Text that is pasted into a field is no picture.
  if (transfer.types.includes('Files')) {
    filesOf(transfer).then((files) => quantiser.take(files), reportError);
  }
});

render(<App quantiser={quantiser} />, document.getElementById('app')!);
