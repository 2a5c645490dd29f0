// Cameras: which there are, opening one, and what to say where that fails.

import { PlainError } from '../base/messages.js';

export interface Camera {
  id: string;
  name: string;
}

/** The cameras of this machine. Browsers tell their names once a page may use one. */
export async function listCameras(): Promise<Camera[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind }) => kind === 'videoinput')
    .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Camera ${index + 1}` }));
}

/**
 * Turns a camera on.
 *
 * @param id of one of listCameras(); any if it is empty
 * @param width of its frames in pixels, as near as it can
 * @throws PlainError
 */
export async function openCamera(id: string, width: number): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new PlainError(...problems.insecure);
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: width }, ...(id && { deviceId: { ideal: id } }) },
    });
  } catch (cause) {
    throw new PlainError(...problemOf(cause), { cause });
  }
}

type Problem = readonly [title: string, advice: string];

const problems = {
  denied: [
    'This page may not use the camera.',
    'Allow it by the camera’s sign in the address bar, or in the settings of your browser or system. Then try again. Or choose a video instead.',
  ],
  none: [
    'No camera was found.',
    'Connect one and try again, or choose a video instead. A camera that is there may be switched off.',
  ],
  inUse: [
    'The camera does not answer.',
    'Perhaps another program or tab uses it: close that one, and try again.',
  ],
  insecure: [
    'Browsers give this page no camera.',
    'They do so only at an address that begins with https. You can choose a video instead.',
  ],
  gone: [
    'The camera has stopped.',
    'It was disconnected, or this page may not use it any more. Turn it on again, or choose a video.',
  ],
} satisfies Record<string, Problem>;

/** What browsers call it, by specification and otherwise. */
const problemsByName: Readonly<Record<string, Problem>> = {
  NotAllowedError: problems.denied,
  SecurityError: problems.denied,
  NotFoundError: problems.none,
  OverconstrainedError: problems.none,
  NotReadableError: problems.inUse,
  AbortError: problems.inUse,
};

function problemOf(cause: unknown): Problem {
  return problemsByName[cause instanceof Error ? cause.name : ''] ?? problems.inUse;
}

/** What to say of a camera that ended by itself. */
export function cameraGone(): PlainError {
  return new PlainError(...problems.gone);
}
