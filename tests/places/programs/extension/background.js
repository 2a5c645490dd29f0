// A service worker, which has neither import() nor workers.
import * as fovea from './fovea/static.js';
import { enlarge } from './enlarge.js';

globalThis.enlarging = enlarge(fovea).catch(String);

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  globalThis.enlarging.then(answer);
  return true;
});
