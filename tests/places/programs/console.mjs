// Deno, Bun and Node run this alike.
import * as fovea from 'fovea';
import { enlarge } from './enlarge.js';

console.log(await enlarge(fovea));
