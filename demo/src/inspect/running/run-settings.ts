import { signal } from '@preact/signals';
import type { ModelReport } from 'fovea';
import { PictureError } from '../../base/messages.js';
import {
  firstSizes,
  plannedInputs,
  type FeedPlan,
  type PictureRange,
  type Sizes,
} from './feeds.js';

/** What a model is run on. */
export class RunSettings {
  /** Undefined: the sample. */
  readonly picture = signal<ImageBitmap | undefined>(undefined);
  readonly pictureName = signal('the sample');
  readonly range = signal<PictureRange>('0..1');
  readonly sizes = signal<Sizes>({});

  /** Begins with sizes that suit a model. */
  adopt(report: ModelReport): void {
    this.sizes.value = firstSizes(report);
  }

  /** @throws PictureError */
  async takePicture(file: File): Promise<void> {
    this.picture.value = await decode(file, file.name);
    this.pictureName.value = file.name;
  }

  /** All that a model is fed. */
  async plan(report: ModelReport): Promise<FeedPlan> {
    const inputs = plannedInputs(report, this.sizes.value);
    const takesPicture = inputs.some(({ filling }) => filling === 'picture');
    if (takesPicture) this.picture.value ??= await sample();
    return { inputs, picture: this.picture.value, range: this.range.value };
  }
}

async function sample(): Promise<ImageBitmap> {
  const response = await fetch(new URL('samples/sample.png', document.baseURI));
  return decode(await response.blob(), 'The sample');
}

async function decode(file: Blob, name: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch (cause) {
    throw new PictureError(`${name} is damaged, or of a kind that this browser cannot read.`, {
      cause,
    });
  }
}
