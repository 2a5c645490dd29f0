// A source file one cannot see whole holds more than one thing: none may pass this many lines.

import { readFileSync } from 'node:fs';
import { absolute, sourceFiles } from './lib/sources.mjs';

const limit = 600;

const lineCount = (/** @type {string} */ file) =>
  readFileSync(absolute(file), 'utf8').split('\n').length - 1;
const files = sourceFiles('.h', '.cpp', '.ts', '.tsx', '.mjs', '.js', '.py', '.css', '.html');
const long = files.filter((file) => lineCount(file) > limit);
for (const file of long) console.error(`${file}: ${lineCount(file)} lines, at most ${limit}`);
process.exit(long.length === 0 && files.length > 0 ? 0 : 1);
