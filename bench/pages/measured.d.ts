interface Window {
  /** What the page measured, when all is done. */
  measured?: unknown;
}
