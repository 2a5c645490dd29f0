/** Tests that a browser cannot pass, each by what it lacks or by its fault. */
export interface Lack {
  browser: 'firefox' | 'webkit';
  /** File, groups and title, joined by ' > '. */
  tests: RegExp;
  /** The missing API, or the browser's fault. */
  why: string;
  /** Whether the test would not end. All others run, and must fail. */
  hangs?: boolean;
}

export const lacking: readonly Lack[] = [];
