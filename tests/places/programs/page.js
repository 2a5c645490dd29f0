import * as fovea from 'fovea';
import { enlarge } from './enlarge.js';

const output = document.querySelector('output');
output.textContent = await enlarge(fovea, undefined, globalThis.foveaOptions).catch(String);
