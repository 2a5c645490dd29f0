import * as fovea from 'fovea';
import { enlarge } from './enlarge.js';

test('a component that enlarges', async () => {
  expect(typeof document).toBe('object');
  expect(await enlarge(fovea)).toBe('60 x 40, white');
});
