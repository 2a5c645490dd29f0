// Where JPEG files keep EXIF: in a segment APP1 (CIPA DC-008), after JFIF's own.

const startOfScan = 0xda;
const app0 = 0xe0;
const app1 = 0xe1;

const mark = new TextEncoder().encode('Exif\0\0');

/** The most bytes of a segment; two of them say how many. */
const mostBytes = 0xffff;

/** The EXIF of a JPEG's bytes; undefined without any, or for bytes of another kind. */
export function exifOfJpeg(file: Uint8Array): Uint8Array | undefined {
  for (const { marker, data } of segments(file)) {
    const isExif = marker === app1 && mark.every((byte, index) => data[index] === byte);
    if (isExif) return data.subarray(mark.length);
  }
  return undefined;
}

/** What stands before a JPEG's pixels. */
function* segments(file: Uint8Array): Generator<{ marker: number; data: Uint8Array }> {
  if (file[0] !== 0xff || file[1] !== 0xd8) return;
  let at = 2;
  while (file[at] === 0xff && at + 4 <= file.length) {
    const marker = file[at + 1]!;
    if (marker === startOfScan) return;
    if (marker === 0xff) {
      // A byte that only fills.
      at += 1;
      continue;
    }
    const length = (file[at + 2]! << 8) | file[at + 3]!;
    yield { marker, data: file.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
}

/** A JPEG that has no EXIF, with it; without, where it is more than a segment holds. */
export async function jpegWithExif(jpeg: Blob, exif: Uint8Array): Promise<Blob> {
  const length = 2 + mark.length + exif.length;
  if (length > mostBytes) return jpeg;
  const head = new Uint8Array(await jpeg.slice(0, 6).arrayBuffer());
  const at = head[3] === app0 ? 4 + ((head[4]! << 8) | head[5]!) : 2;
  const start = Uint8Array.of(0xff, app1, length >> 8, length & 255);
  const parts = [jpeg.slice(0, at), start, mark, exif as Uint8Array<ArrayBuffer>, jpeg.slice(at)];
  return new Blob(parts, { type: jpeg.type });
}
