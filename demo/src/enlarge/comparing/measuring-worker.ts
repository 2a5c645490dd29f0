// Compares pictures beside the page, which stays alive meanwhile.

import { Comparison, type Strip } from './measures.js';

const comparison = new Comparison();

addEventListener('message', ({ data }: MessageEvent<{ a: Strip; b: Strip } | 'end'>) => {
  if (data === 'end') postMessage(comparison.result());
  else {
    comparison.add(data.a, data.b);
    // The next strip may come.
    postMessage('next');
  }
});
