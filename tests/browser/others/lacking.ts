/** Tests that a browser cannot pass, each by what it lacks or by its fault. */
export interface Lack {
  browser: 'firefox' | 'webkit';
  /** File, groups and title, joined by ' > '. */
  tests: RegExp;
  /** The missing API, or the browser's fault. */
  why: string;
  /** Whether the test is not run, as it would take all its time or needs what is not there. Others must fail. */
  skipped?: boolean;
}

const both = (tests: RegExp, why: string): Lack[] =>
  (['firefox', 'webkit'] as const).map((browser) => ({ browser, tests, why }));

const noWideColours = 'canvases and ImageData have no colorSpace: display-p3';
const noFloats = 'canvases have no colorType: float16, nor ImageData pixelFormat: rgba-float16';

export const lacking: readonly Lack[] = [
  ...both(/colours( of display-p3)? > (of display-p3 )?stay as they are$/, noWideColours),
  ...both(/of what does not tell are read as asked$/, noWideColours),
  ...both(/ImageData are read as they are, translucent or deep$/, noFloats),
  ...both(/a canvas of floats keeps their precision$/, noFloats),
  ...both(/a canvas > of floats keeps their precision$/, noFloats),
  ...both(/a bitmap, an ImageData of bytes and one of floats are made$/, noWideColours),
  {
    browser: 'firefox',
    tests: /decoded by the browser > in the colours that it was written in$/,
    why: noWideColours,
  },
  {
    browser: 'firefox',
    tests: /a file larger than any canvas is read$/,
    why: 'it decodes no picture with a side of 70000 pixels',
  },
  {
    browser: 'firefox',
    tests: /a large picture is read in parts without a long task$/,
    why: 'getImageData() of a canvas without willReadFrequently copies all of it: 90 ms of 4000 x 3000 pixels',
    skipped: true,
  },
  {
    browser: 'firefox',
    tests: /a picture is read from > a WebGL canvas$/,
    why: 'it has no WebGL where there is no window system',
  },
  {
    browser: 'webkit',
    tests: /a video, at its own size$|a video is the frame that it shows, once it has one$/,
    why: "a video of a canvas' captureStream() never has a frame",
    skipped: true,
  },
  {
    browser: 'webkit',
    tests: /a thread that traps|own policy allows no Trusted Types is told of$/,
    why: 'it has no SharedArrayBuffer, and so no threads',
    skipped: true,
  },
  {
    browser: 'webkit',
    tests: /an SVG is as large as it says$/,
    why: 'it gives an SVG of 0 x 0 pixels a size of its own',
  },
  {
    browser: 'webkit',
    tests: /a policy against WebAssembly is named$/,
    why: "its script-src without 'wasm-unsafe-eval' forbids no WebAssembly",
  },
];
