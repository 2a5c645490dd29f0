import { expect, test } from '@jest/globals';
import { describeRate, isRough, RateMeter, type Rate } from '../src/live/rate-meter.js';

/** Two seconds of a video of that many frames a second, of which every `nth` is shown; callbacks come every `told`. */
function measured(offered: number, nth: number, told = 1): Rate | undefined {
  const meter = new RateMeter();
  for (let frame = 0; frame <= 2 * offered; ++frame) {
    const time = 5000 + (1000 * frame) / offered;
    if (frame % told === 0) meter.offer(time, 100 + frame);
    if (frame % nth === 0) meter.show(time);
  }
  return meter.read();
}

test('frames that are shown are counted against those that there are', () => {
  expect(measured(30, 1)).toEqual({ shown: 30, offered: 30 });
  expect(measured(30, 3)!.shown).toBeCloseTo(10);
  // The page is told of every fifth frame only.
  expect(measured(30, 5, 5)).toEqual({ shown: 6, offered: 30 });
});

test('a rate is known after a while, and of the last two seconds only', () => {
  const meter = new RateMeter();
  const play = (from: number, to: number, step: number) => {
    for (let time = from; time < to; time += step) {
      meter.offer(time, time / 20);
      meter.show(time);
    }
  };
  expect(meter.read()).toBeUndefined();
  play(0, 600, 20);
  expect(meter.read()).toBeUndefined();
  play(600, 3000, 20);
  expect(meter.read()!.shown).toBeCloseTo(50);
  play(3000, 6000, 200);
  expect(meter.read()!.offered).toBeCloseTo(50);
  expect(meter.read()!.shown).toBeCloseTo(5);
});

test('another video is measured for itself', () => {
  const meter = new RateMeter();
  for (let time = 0; time < 2000; time += 20) meter.offer(time, 1000 + time);
  meter.offer(2000, 1);
  expect(meter.read()).toBeUndefined();
});

test('rates are told in words', () => {
  expect(describeRate({ shown: 12.2, offered: 29.97 })).toBe('12 of 30 frames a second are shown');
  expect(describeRate({ shown: 29.4, offered: 30 })).toBe('All 30 frames a second are shown');
  expect(isRough({ shown: 4, offered: 30 })).toBe(true);
  expect(isRough({ shown: 7, offered: 8 })).toBe(false);
});
