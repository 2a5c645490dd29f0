import { render } from 'preact';
import { onDropped } from '../base/dropping.js';
import { keepOffline } from '../offline/offline.js';
import { LivePage } from './LivePage.js';
import { LiveVideo } from './live-video.js';

keepOffline();

const live = new LiveVideo();

onDropped(({ files: [file] }) => {
  if (file) void live.openFile(file);
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') live.hide();
});
addEventListener('pagehide', () => live.hide());

render(<LivePage live={live} />, document.querySelector('#page')!);
