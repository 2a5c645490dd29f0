// A worker of the page's author, dedicated or shared, that enlarges.
import * as fovea from './node_modules/fovea/dist/index.js';
import { enlarge } from './enlarge.js';

const enlarging = enlarge(fovea).catch(String);
if ('onconnect' in globalThis) {
  globalThis.onconnect = ({ ports: [port] }) => enlarging.then((text) => port.postMessage(text));
} else {
  enlarging.then((text) => postMessage(text));
}
