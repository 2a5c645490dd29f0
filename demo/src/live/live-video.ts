// The camera or the video that is enlarged while it plays: without any page.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { PlainError } from '../base/messages.js';
import { cameraGone, listCameras, openCamera, type Camera } from './camera.js';
import { FrameEnlarger, type EnlargedFrame } from './frame-enlarger.js';
import { FrameLoop } from './frame-loop.js';
import { cameraId, frameWidth, model, passes } from './preferences.js';
import { loadVideo } from './video-file.js';

type Source = 'camera' | 'file';

export type LiveState =
  | { kind: 'idle' }
  | { kind: 'starting'; source: Source; label: string }
  /** The camera was turned off since nobody could see the page. */
  | { kind: 'away' }
  | { kind: 'open'; source: Source; name: string };

export interface FrameFacts {
  before: string;
  after: string;
  milliseconds: number;
}

export class LiveVideo {
  /** Has to be in the page: some browsers play nothing else. */
  readonly video = document.createElement('video');
  readonly state = signal<LiveState>({ kind: 'idle' });
  readonly errors = signal<readonly unknown[]>([]);
  readonly cameras = signal<readonly Camera[]>([]);
  readonly isPaused = signal(false);
  /** Of the last frame; undefined before the first. */
  readonly facts = signal<FrameFacts | undefined>(undefined);
  readonly needsModel: ReadonlySignal<boolean> = computed(() => model.network() === undefined);
  readonly loop: FrameLoop;
  readonly #enlarger = new FrameEnlarger();
  #draw: (frame: EnlargedFrame) => void = () => {};
  #close = () => {};
  #camera: MediaStreamTrack | undefined;
  /** Changes whenever another source is asked for, so that one that opens late knows. */
  #turn = 0;

  constructor() {
    const { video } = this;
    Object.assign(video, { muted: true, playsInline: true, loop: true });
    video.addEventListener('play', () => (this.isPaused.value = false));
    video.addEventListener('pause', () => (this.isPaused.value = true));
    this.loop = new FrameLoop(
      video,
      () => this.#showFrame(),
      (error) => this.#fail(error),
    );
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#listCameras());
    effect(() => {
      void [model.network(), frameWidth.value, passes.value];
      // A paused video has no frames of its own.
      this.loop.again();
    });
    effect(() => {
      const width = { ideal: Number(frameWidth.value) };
      // One that cannot goes on as it is.
      this.#camera?.applyConstraints({ width }).catch(() => {});
    });
  }

  /** Has frames drawn by `draw`. */
  onFrame(draw: (frame: EnlargedFrame) => void): void {
    this.#draw = draw;
  }

  /** @param id of a camera; the one used last unless given */
  startCamera(id = cameraId.value): Promise<void> {
    return this.#open('camera', 'Turning the camera on', async (isCurrent) => {
      const stream = await openCamera(id, Number(frameWidth.value));
      const close = () => stream.getTracks().forEach((track) => track.stop());
      if (!isCurrent()) return close();
      this.#close = close;
      const track = stream.getVideoTracks()[0]!;
      this.#camera = track;
      track.addEventListener('ended', () => this.#fail(cameraGone()));
      cameraId.value = track.getSettings().deviceId ?? '';
      this.video.srcObject = stream;
      await this.#listCameras();
      this.state.value = { kind: 'open', source: 'camera', name: track.label };
    });
  }

  openFile(file: File): Promise<void> {
    return this.#open('file', `Opening ${file.name}`, async (isCurrent) => {
      const close = await loadVideo(this.video, file);
      if (!isCurrent()) return close();
      this.#close = close;
      this.state.value = { kind: 'open', source: 'file', name: file.name };
    });
  }

  /** Turns the camera off, or closes the video. */
  stop(): void {
    this.#turn += 1;
    this.loop.stop();
    this.video.pause();
    this.#close();
    this.#close = () => {};
    this.#camera = undefined;
    this.video.srcObject = null;
    this.video.removeAttribute('src');
    this.video.load();
    this.facts.value = undefined;
    this.state.value = { kind: 'idle' };
  }

  /** Nobody sees the page any more: then no camera watches, and no video goes on. */
  hide(): void {
    const state = this.state.value;
    const isCamera = 'source' in state && state.source === 'camera';
    if (!isCamera) return this.video.pause();
    this.stop();
    this.state.value = { kind: 'away' };
  }

  togglePause(): void {
    if (this.video.paused) void this.#play();
    else this.video.pause();
  }

  async #listCameras(): Promise<void> {
    this.cameras.value = await listCameras();
  }

  async #open(
    source: Source,
    label: string,
    open: (isCurrent: () => boolean) => Promise<void>,
  ): Promise<void> {
    this.stop();
    const turn = this.#turn;
    const isCurrent = () => turn === this.#turn;
    this.errors.value = [];
    this.state.value = { kind: 'starting', source, label };
    try {
      if (!('requestVideoFrameCallback' in this.video)) throw tooOld();
      await open(isCurrent);
      if (!isCurrent()) return;
      this.loop.start();
      await this.#play();
    } catch (error) {
      if (isCurrent()) this.#fail(error);
    }
  }

  async #play(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      // Another source came before this one played, or the browser wants somebody to press Play.
      const { name } = error as Error;
      if (name !== 'AbortError' && name !== 'NotAllowedError') throw error;
      this.isPaused.value = this.video.paused;
    }
  }

  async #showFrame(): Promise<void> {
    const network = model.network();
    if (!network || this.video.videoWidth === 0) return;
    const turn = this.#turn;
    const width = Number(frameWidth.value);
    const settings = { network, width, passes: Number(passes.value) };
    const frame = await this.#enlarger.enlarge(this.video, settings);
    // One that was under way when its video was closed.
    if (turn !== this.#turn) return;
    this.#draw(frame);
    const { before, after, milliseconds } = frame;
    this.facts.value = { before: sizeOf(before), after: sizeOf(after), milliseconds };
  }

  #fail(error: unknown): void {
    this.stop();
    this.errors.value = [error];
    // After an error of the engine the next try starts afresh.
    void this.#enlarger.release();
  }
}

function sizeOf({ width, height }: OffscreenCanvas): string {
  return `${width} × ${height}`;
}

function tooOld(): PlainError {
  const advice = 'Use a current version of Chrome, Edge, Firefox or Safari.';
  return new PlainError('This browser cannot enlarge videos.', advice);
}
