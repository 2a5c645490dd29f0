// What a camera wrote about a photo (EXIF), changed where the bytes stand: a maker's notes are found by their places.

/** A size in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Tags of TIFF 6.0 and Exif 3.0. */
const tags = {
  imageWidth: 0x100,
  imageLength: 0x101,
  stripOffsets: 0x111,
  orientation: 0x112,
  stripByteCounts: 0x117,
  thumbnailOffset: 0x201,
  thumbnailLength: 0x202,
  exifDirectory: 0x8769,
  pixelXDimension: 0xa002,
  pixelYDimension: 0xa003,
};

const short = 3;
const long = 4;

/**
 * EXIF for a picture of another size whose pixels are upright, and without the thumbnail, which would show the photo
 * as it was.
 *
 * @param tiff what follows `Exif\0\0` in a JPEG; stays as it is
 * @returns undefined for what cannot be read
 */
export function renewExif(tiff: Uint8Array, { width, height }: Size): Uint8Array | undefined {
  try {
    const file = TiffFile.open(tiff.slice());
    const main = file.directory(file.first);
    main.set(tags.orientation, short, 1);
    main.set(tags.imageWidth, long, width);
    main.set(tags.imageLength, long, height);
    const [exif] = main.numbers(tags.exifDirectory);
    if (exif !== undefined) {
      const directory = file.directory(exif);
      directory.set(tags.pixelXDimension, long, width);
      directory.set(tags.pixelYDimension, long, height);
    }
    return file.withoutThumbnail(main);
  } catch (error) {
    // Some offset leads out of the bytes.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class TiffFile {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  private constructor(bytes: Uint8Array, isLittle: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
  }

  /** @throws RangeError for what is no TIFF */
  static open(bytes: Uint8Array): TiffFile {
    const mark = String.fromCharCode(...bytes.subarray(0, 4));
    if (mark === 'II*\0') return new TiffFile(bytes, true);
    if (mark === 'MM\0*') return new TiffFile(bytes, false);
    throw new RangeError('This is no TIFF');
  }

  /** Where the first directory is. */
  get first(): number {
    return this.#view.getUint32(4, this.#isLittle);
  }

  directory(at: number): Directory {
    return new Directory(this.#view, this.#isLittle, at);
  }

  /** The bytes, of whose thumbnail nothing is left. */
  withoutThumbnail(main: Directory): Uint8Array {
    const at = main.next;
    if (at === 0) return this.#bytes;
    const thumbnail = this.directory(at);
    const offsets = thumbnail.numbers(tags.thumbnailOffset, tags.stripOffsets);
    const lengths = thumbnail.numbers(tags.thumbnailLength, tags.stripByteCounts);
    main.next = 0;
    let size = this.#bytes.length;
    for (const [index, offset] of offsets.entries()) {
      const end = offset + (lengths[index] ?? 0);
      this.#bytes.fill(0, offset, end);
      // Most programs write it last.
      if (end === size) size = offset;
    }
    return this.#bytes.subarray(0, size);
  }
}

/** A list of tags with their values. */
class Directory {
  readonly #view: DataView;
  readonly #isLittle: boolean;
  /** Where its entries are, by their tags. */
  readonly #entries = new Map<number, number>();
  readonly #end: number;

  constructor(view: DataView, isLittle: boolean, at: number) {
    this.#view = view;
    this.#isLittle = isLittle;
    const count = view.getUint16(at, isLittle);
    this.#end = at + 2 + 12 * count;
    for (let entry = at + 2; entry < this.#end; entry += 12) {
      this.#entries.set(view.getUint16(entry, isLittle), entry);
    }
  }

  /** Where the next directory is, that of the thumbnail; 0: there is none. */
  get next(): number {
    return this.#view.getUint32(this.#end, this.#isLittle);
  }

  set next(at: number) {
    this.#view.setUint32(this.#end, at, this.#isLittle);
  }

  /** The whole numbers of the first of those tags that there is; none where there is none. */
  numbers(...tags: readonly number[]): number[] {
    const entry = tags.map((tag) => this.#entries.get(tag)).find((found) => found !== undefined);
    if (entry === undefined) return [];
    const isShort = this.#view.getUint16(entry + 2, this.#isLittle) === short;
    const size = isShort ? 2 : 4;
    const count = this.#view.getUint32(entry + 4, this.#isLittle);
    if (count * size > this.#view.byteLength) throw new RangeError('The values lead too far');
    const at = count * size <= 4 ? entry + 8 : this.#view.getUint32(entry + 8, this.#isLittle);
    return Array.from({ length: count }, (_, index) =>
      isShort
        ? this.#view.getUint16(at + 2 * index, this.#isLittle)
        : this.#view.getUint32(at + 4 * index, this.#isLittle),
    );
  }

  /** Changes a tag that there is. */
  set(tag: number, type: typeof short | typeof long, value: number): void {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return;
    this.#view.setUint16(entry + 2, type, this.#isLittle);
    this.#view.setUint32(entry + 4, 1, this.#isLittle);
    this.#view.setUint32(entry + 8, 0);
    if (type === short) this.#view.setUint16(entry + 8, value, this.#isLittle);
    else this.#view.setUint32(entry + 8, value, this.#isLittle);
  }
}
