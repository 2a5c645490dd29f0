import { expect, test } from '@jest/globals';
import { Batch, type EnlargeFile } from '../src/batch/batch.js';
import { fileSize } from '../src/base/file-size.js';
import { withUniqueNames } from '../src/batch/zip.js';

function files(...paths: string[]): File[] {
  return paths.map((path) => {
    const file = new File([path], path.split('/').at(-1)!);
    // As browsers tell of picked folders.
    return Object.defineProperty(file, 'webkitRelativePath', {
      value: path.includes('/') ? path : '',
    });
  });
}

const renamed: EnlargeFile = async (file) => ({
  name: file.name.replace('.', '-x2.'),
  blob: new Blob([await file.text(), ', larger']),
});

const kinds = (batch: Batch) => batch.items.map(({ state }) => state.value.kind);

test('files are enlarged one after the other and keep their folders', async () => {
  const running: string[] = [];
  const batch = new Batch(files('trip/sea/a.jpg', 'b.jpg', 'trip/c.jpg'), async (file, options) => {
    running.push(file.name);
    options.onProgress(0.5);
    const mean = (running.length - 0.5) / 3;
    expect(batch.part.value).toBeCloseTo(mean);
    return renamed(file, options);
  });
  expect(kinds(batch)).toEqual(['waiting', 'waiting', 'waiting']);
  const done = batch.start();
  await Promise.resolve();
  expect(batch.isRunning.value).toBe(true);
  expect(kinds(batch)).toEqual(['working', 'waiting', 'waiting']);
  await done;
  expect(batch.isRunning.value).toBe(false);
  expect(running).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  expect(batch.part.value).toBe(1);
  const results = [...batch.results()];
  expect(results.map(({ name }) => name)).toEqual([
    'trip/sea/a-x2.jpg',
    'b-x2.jpg',
    'trip/c-x2.jpg',
  ]);
  expect(await results[1]!.blob.text()).toBe('b.jpg, larger');
});

test('one that fails stops no other, and can be tried again', async () => {
  let isBroken = true;
  const batch = new Batch(files('a.jpg', 'b.jpg', 'c.jpg'), async (file, options) => {
    if (file.name === 'b.jpg' && isBroken) throw new Error('broken');
    return renamed(file, options);
  });
  await batch.start();
  expect(kinds(batch)).toEqual(['done', 'failed', 'done']);
  expect(batch.counts.value).toEqual({ done: 2, failed: 1, cancelled: 0 });
  const [first] = batch.results();
  isBroken = false;
  await batch.start();
  expect(kinds(batch)).toEqual(['done', 'done', 'done']);
  // What was done is not done again.
  expect([...batch.results()][0]!.blob).toBe(first!.blob);
});

test('a batch that is cancelled keeps what is done, and can go on', async () => {
  const batch = new Batch(files('a.jpg', 'b.jpg', 'c.jpg'), async (file, options) => {
    if (file.name === 'b.jpg') batch.cancel();
    options.signal.throwIfAborted();
    return renamed(file, options);
  });
  await batch.start();
  expect(kinds(batch)).toEqual(['done', 'cancelled', 'cancelled']);
  expect(batch.counts.value).toEqual({ done: 1, failed: 0, cancelled: 2 });
  expect(batch.isRunning.value).toBe(false);
});

test('progress of what has ended says nothing any more', async () => {
  let tell: ((part: number) => void) | undefined;
  const batch = new Batch(files('a.jpg'), (file, options) => {
    tell = options.onProgress;
    return renamed(file, options);
  });
  await batch.start();
  tell!(0.3);
  expect(kinds(batch)).toEqual(['done']);
});

test('what would be lost with the page is known', async () => {
  const batch = new Batch(files('a.jpg', 'b.jpg'), renamed);
  await batch.start();
  const [first, second] = [...batch.results()];
  batch.markSaved(first!);
  expect(batch.hasUnsaved()).toBe(true);
  batch.markSaved(second!);
  expect(batch.hasUnsaved()).toBe(false);
});

test('names in a ZIP differ by more than case', () => {
  const names = ['a.png', 'A.png', 'a (2).png', 'x/a.png', 'a.png', '.png', '.png', 'x/b', 'x/b'];
  const unique = [...withUniqueNames(names.map((name) => ({ name })))].map(({ name }) => name);
  expect(unique).toEqual([
    'a.png',
    'A (2).png',
    'a (2) (2).png',
    'x/a.png',
    'a (3).png',
    '.png',
    '.png (2)',
    'x/b',
    'x/b (2)',
  ]);
});

test('sizes are as people say them', () => {
  expect([0, 999, 1400, 14_000_000, 3.25e9].map(fileSize)).toEqual([
    '0 byte',
    '999 byte',
    '1.4 kB',
    '14 MB',
    '3.3 GB',
  ]);
});
