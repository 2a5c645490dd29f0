'use client';

import { useEffect, useState } from 'react';
import { Upscaler } from 'fovea';

const white = new Uint8ClampedArray(4 * 30 * 20).fill(255);

async function enlarge(upscaler) {
  const { width, height, data } = await upscaler.upscale({ width: 30, height: 20, data: white });
  return `${width} x ${height}, ${data.every((value) => value > 250) ? 'white' : 'not white'}`;
}

export default function Page() {
  const [text, setText] = useState('');
  // In StrictMode, development mounts every component twice.
  useEffect(() => {
    let mounted = true;
    const show = (result) => mounted && setText(result);
    const creating = Upscaler.create();
    creating.then(enlarge).then(show, (error) => show(String(error)));
    return () => {
      mounted = false;
      creating.then((upscaler) => upscaler.release()).catch(() => {});
    };
  }, []);
  return <output>{text}</output>;
}
