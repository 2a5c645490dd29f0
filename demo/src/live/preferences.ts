import { ModelChoice } from '../base/model-choice/model-choice.js';
import { isOneOf, isText, remembered } from '../base/settings.js';

/** Which network enlarges frames. */
export const model = new ModelChoice('live', 'fast');

/** How many pixels wide frames are before they are enlarged, at most. */
export const frameWidth = remembered('live.width', '320', isOneOf('320', '480', '640', '1280'));

/** How many times as large frames become, in networks that double them. */
export const passes = remembered('live.passes', '1', isOneOf('1', '2'));

/** The camera that was used last. */
export const cameraId = remembered('live.camera', '', isText);
