import { render } from 'preact';
import { App } from './App.js';
import { onDroppedOrPasted } from '../base/dropping.js';
import { keepOffline } from '../offline/offline.js';
import { Inspector } from './inspector.js';

keepOffline();

const inspector = new Inspector();

onDroppedOrPasted(({ files }) => {
  if (files.length > 0) void inspector.take([...files]);
});

render(<App inspector={inspector} />, document.getElementById('app')!);

const key = new URLSearchParams(location.hash.slice(1)).get('from');
if (key) void inspector.openOffered(key);
