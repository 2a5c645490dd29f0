import { PlainError } from '../base/messages.js';

/**
 * Has a video element load a file.
 *
 * @returns gives back what it holds
 * @throws PlainError for what the browser cannot play
 */
export async function loadVideo(video: HTMLVideoElement, file: File): Promise<() => void> {
  const url = URL.createObjectURL(file);
  video.srcObject = null;
  video.src = url;
  try {
    await new Promise((resolve, reject) => {
      video.addEventListener('loadeddata', resolve, { once: true });
      video.addEventListener('error', () => reject(problemOf(file, video.error)), { once: true });
    });
    if (video.videoWidth === 0) throw problemOf(file, null);
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
  return () => URL.revokeObjectURL(url);
}

function problemOf({ name }: File, cause: MediaError | null): PlainError {
  const advice =
    'It is damaged, no video, or of a kind that this browser does not know. MP4 with H.264 and WebM play in most browsers.';
  return new PlainError(`${name} cannot be played here.`, advice, { cause });
}
