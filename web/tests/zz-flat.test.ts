import { expect, test } from '@jest/globals';
import { Upscaler } from 'fovea';
import { seeingNetworks } from './support/seeing-models.js';
import { largestDifference, makePicture } from './support/pictures.js';
import { randomPixels } from './support/parts.js';
test.each(seeingNetworks())('$name', async ({ model, sees, name }) => {
  const u = await Upscaler.create(model);
  const out: any = { name, scale: u.scale, range: u.range, rim: (u as any).enlarger.network.rim, margin: (u as any).enlarger.network.margin, multiple: (u as any).enlarger.network.multiple };
  for (const [w, h] of [[1,1],[1,64],[33,21],[200,100]] as const) {
    const flat = makePicture(w, h, () => [255, 128, 3, 255]);
    const { data } = await u.upscale(flat);
    let most = 0; data.forEach((v, i) => { most = Math.max(most, Math.abs(v - [255,128,3,255][i % 4]!)); });
    out[`flat ${w}x${h}`] = most;
    const p = randomPixels(w, h) as any;
    const whole = await u.upscale(p, { overlap: 0, tile: 4096 });
    const m = out.multiple;
    for (const less of [0, 1, 2, 4]) {
    const o = Math.max(0, sees - less); 
    try { out[`tiles ${w}x${h} ${o}`] = largestDifference(await u.upscale(p, { overlap: o, tile: 2 * Math.max(o, out.rim) + 2*out.margin + 4 * m + 16 }), whole); } catch (e: any) { out[`tiles ${w}x${h} ${o}`] = e.message; }
    }
  }
  console.log(JSON.stringify(out));
  await u.release();
}, 60000);
