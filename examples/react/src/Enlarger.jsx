import { useRef, useState } from 'react';
import { useUpscaler } from './use-upscaler.js';

export function Enlarger() {
  const { upscaler, error } = useUpscaler();
  const [status, setStatus] = useState('');
  const canvas = useRef(null);

  async function enlarge({ target }) {
    try {
      const onProgress = ({ done, total }) => setStatus(`${done} of ${total}`);
      await upscaler.upscale(target.files[0], { output: canvas.current, onProgress });
      setStatus(`${canvas.current.width} x ${canvas.current.height}`);
    } catch (failure) {
      setStatus(failure.message);
    }
  }

  return (
    <main>
      <input type="file" accept="image/*" disabled={!upscaler} onChange={enlarge} />
      <output>{error?.message ?? status}</output>
      <canvas ref={canvas} />
    </main>
  );
}
