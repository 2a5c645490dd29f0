import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { listImages, prepare, readImage, toSharp } from '../images.mjs';
import { imresize } from '../imresize.mjs';
import { psnr } from '../metrics.mjs';
import { disks, makeFolder, pngOf } from './support/folders.mjs';

test('a folder has pairs and images by themselves', async (t) => {
  const names = ['b_HR.png', 'b_LR.png', 'a.JPG', 'c_LR.png', 'd_HR.png', 'notes.txt'];
  const folder = makeFolder(t, Object.fromEntries(names.map((name) => [name, ''])));
  assert.deepEqual(await listImages(folder), [
    { name: 'a', high: join(folder, 'a.JPG') },
    { name: 'b', high: join(folder, 'b_HR.png'), low: join(folder, 'b_LR.png') },
    { name: 'c_LR', high: join(folder, 'c_LR.png') },
    { name: 'd_HR', high: join(folder, 'd_HR.png') },
  ]);
});

test('an image by itself is cropped to a multiple of the scale, and reduced', async (t) => {
  const image = disks(50, 40);
  const folder = makeFolder(t, { 'a.png': await pngOf(image) });
  const [source] = await listImages(folder);
  const { truth, input, grey } = await prepare(source, { scale: 3 });
  assert.deepEqual([truth.width, truth.height, grey], [48, 39, false]);
  assert.deepEqual(truth.data.slice(3 * 48, 6 * 48), image.data.slice(3 * 50, 3 * 98));
  assert.deepEqual(input, imresize(truth, 16, 13));
});

test('the small image of a pair is used as it is; it must fit', async (t) => {
  const [large, small] = await Promise.all([disks(40, 40), disks(20, 20)].map(pngOf));
  const folder = makeFolder(t, { 'a_HR.png': large, 'a_LR.png': small });
  const [source] = await listImages(folder);
  assert.deepEqual((await prepare(source, { scale: 2 })).input, disks(20, 20));
  await assert.rejects(prepare(source, { scale: 4 }), /a_LR.png of 20 x 20 pixels is not 40 x 40/);
});

test('JPEG damages the small image, the more the lower its quality', async (t) => {
  const folder = makeFolder(t, { 'a.png': await pngOf(disks(96, 96)) });
  const [source] = await listImages(folder);
  const { input, truth } = await prepare(source, { scale: 2 });
  const damaged = await Promise.all(
    [90, 50, 10].map((jpeg) => prepare(source, { scale: 2, jpeg })),
  );
  const quality = damaged.map((one) => psnr(one.input, input));
  assert.ok(quality[0] > quality[1] && quality[1] > quality[2], `${quality}`);
  assert.ok(quality[0] < 50);
  assert.deepEqual(damaged[0].truth, truth);
});

test('files are read as browsers show them', async (t) => {
  const grey = { width: 2, height: 1, channels: 1, data: Uint8ClampedArray.of(7, 250) };
  const clear = { width: 1, height: 1, channels: 4, data: Uint8ClampedArray.of(9, 9, 9, 0) };
  const turned = toSharp(disks(8, 6)).withMetadata({ orientation: 6 });
  const folder = makeFolder(t, {
    'grey.png': await toSharp(grey).toColourspace('b-w').png().toBuffer(),
    'clear.png': await pngOf(clear),
    'turned.jpg': await turned.jpeg().toBuffer(),
  });
  const read = (/** @type {string} */ name) => readImage(join(folder, name));
  assert.deepEqual([...(await read('grey.png')).image.data], [7, 7, 7, 250, 250, 250]);
  assert.equal((await read('grey.png')).grey, true);
  assert.deepEqual([...(await read('clear.png')).image.data], [255, 255, 255]);
  assert.deepEqual((await read('turned.jpg')).image.width, 6);
  assert.equal((await read('turned.jpg')).grey, false);
});

test('what cannot be read is named', async (t) => {
  const folder = makeFolder(t, { 'broken.png': 'not a picture' });
  await assert.rejects(readImage(join(folder, 'broken.png')), /cannot read .*broken.png: /);
  await assert.rejects(listImages(join(folder, 'no')), /cannot read the folder .*no: ENOENT/);
  await assert.rejects(listImages(makeFolder(t)), /there are no images in/);
});
