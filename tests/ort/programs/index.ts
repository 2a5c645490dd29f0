import type { Program } from '../program.js';
import { backends } from './backends.js';
import { devices } from './devices.js';
import { environment } from './environment.js';
import { pictures } from './pictures.js';
import { executionProviders } from './providers.js';
import { sessions } from './sessions.js';
import { tensors } from './tensors.js';

export const programs: Program[] = [
  ...environment,
  ...tensors,
  ...devices,
  ...pictures,
  ...sessions,
  ...executionProviders,
  ...backends,
];
