import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Enlarger } from './Enlarger.jsx';

createRoot(document.querySelector('#root')).render(
  <StrictMode>
    <Enlarger />
  </StrictMode>,
);
