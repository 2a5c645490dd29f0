// What a file is, by its bytes: names and types are often missing or wrong.

export type FileKind =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'avif'
  | 'heic'
  | 'tiff'
  | 'jxl'
  | 'psd'
  | 'raw'
  | 'bmp'
  | 'icon'
  | 'svg'
  | 'pdf'
  | 'video'
  | 'zip';

/** Files' first bytes, in hexadecimal digits, by what they are. The first that fits is it. */
const beginnings: readonly [RegExp, FileKind][] = [
  [/^89504e47/, 'png'],
  [/^ffd8ff/, 'jpeg'],
  [/^47494638/, 'gif'],
  [/^52494646.{8}57454250/, 'webp'],
  // "ftyp", and then who can read it: avif, avis; heic, heix, hevc, hevx, heim, heis, mif1, msf1; crx.
  [/^.{8}66747970(..)*?(61766966|61766973)/, 'avif'],
  [/^.{8}66747970(686569(63|78|6d|73)|686576(63|78)|6d696631|6d736631)/, 'heic'],
  [/^.{8}6674797063727820/, 'raw'],
  [/^.{8}66747970/, 'video'],
  [/^(ff0a|.{8}4a584c20)/, 'jxl'],
  [/^(49492a00.{8}4352|4949524f|49495500|46554a4946494c4d)/, 'raw'],
  [/^(49492a00|4d4d002a)/, 'tiff'],
  [/^38425053/, 'psd'],
  [/^424d/, 'bmp'],
  [/^00000100/, 'icon'],
  [/^25504446/, 'pdf'],
  [/^1a45dfa3/, 'video'],
  [/^504b0304/, 'zip'],
];

/** How the text of an SVG begins. */
const vectors = /^\s*<(\?xml|!DOCTYPE svg|!--|svg)/i;

/** What a file is; undefined for what is nothing of these. */
export async function kindOf(file: Blob): Promise<FileKind | undefined> {
  const start = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const digits = Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const found = beginnings.find(([pattern]) => pattern.test(digits))?.[1];
  return found ?? (vectors.test(latin1(start)) ? 'svg' : undefined);
}

/** Whether a file has several pictures, to be shown one after the other. */
export async function isAnimated(file: Blob, kind: FileKind | undefined): Promise<boolean> {
  if (kind === 'gif') return countsTwo(new Uint8Array(await file.arrayBuffer()));
  const start = new Uint8Array(await file.slice(0, 32768).arrayBuffer());
  if (kind === 'webp') return latin1(start.subarray(12, 16)) === 'VP8X' && (start[20]! & 2) !== 0;
  if (kind === 'avif') return latin1(start.subarray(8, 12)) === 'avis';
  if (kind !== 'png') return false;
  // The chunk acTL, before the pixels: its first number counts the pictures.
  const [head = ''] = latin1(start).split('IDAT', 1);
  const at = head.indexOf('acTL');
  return at > 0 && at + 8 <= head.length && new DataView(start.buffer).getUint32(at + 4) > 1;
}

/** Whether a GIF has more than one picture. */
function countsTwo(bytes: Uint8Array): boolean {
  const tableLength = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + tableLength(bytes[10]!);
  let pictures = 0;
  while (at < bytes.length) {
    const block = bytes[at]!;
    if (block === 0x2c) {
      if (++pictures === 2) return true;
      at += 11 + tableLength(bytes[at + 9]!);
    } else if (block === 0x21) at += 2;
    else return false;
    // Of both, what follows is in blocks that say their lengths, up to one of none.
    while (bytes[at]) at += bytes[at]! + 1;
    at += 1;
  }
  return false;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
