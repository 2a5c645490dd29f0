import * as fovea from './fovea/index.js';
import { enlarge } from './enlarge.js';

document.querySelector('output').textContent = await enlarge(fovea).catch(String);
