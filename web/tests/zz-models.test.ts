import { test } from '@jest/globals';
import { Upscaler, models } from 'fovea';
test('x', async () => { for (const [n, m] of Object.entries(models)) { const t = performance.now(); const u = await Upscaler.create(m); console.log(n, (u as any).enlarger.network.rim, performance.now() - t); await u.release(); } }, 60000);
