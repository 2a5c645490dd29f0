import { render } from 'preact';
import { App } from './App.js';
import { Inspector } from './inspector.js';

render(<App inspector={new Inspector()} />, document.getElementById('app')!);
