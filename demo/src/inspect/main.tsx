import { render } from 'preact';
import { App } from './App.js';
import { keepOffline } from '../offline/offline.js';
import { Inspector } from './inspector.js';

keepOffline();
render(<App inspector={new Inspector()} />, document.getElementById('app')!);
