import { render } from 'preact';
import { keepOffline } from '../offline/offline.js';
import { LivePage } from './LivePage.js';
import { LiveVideo } from './live-video.js';
import { onDroppedFile } from './dropped-file.js';

keepOffline();

const live = new LiveVideo();

onDroppedFile((file) => void live.openFile(file));
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') live.hide();
});
addEventListener('pagehide', () => live.hide());

render(<LivePage live={live} />, document.querySelector('#page')!);
