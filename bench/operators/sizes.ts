// The three sizes of most measured operators.

export const counts = [1024, 65_536, 1_048_576] as const;

export const rows = [
  [8, 128],
  [64, 1024],
  [1024, 1024],
] as const;

/** `[1, channels, height, width]`. */
export const images = [
  [1, 4, 16, 16],
  [1, 16, 64, 64],
  [1, 64, 128, 128],
] as const;

/** Channels, and the height and width of an image. */
export const channelsAndSizes = [
  [4, 16],
  [16, 64],
  [64, 128],
] as const;
