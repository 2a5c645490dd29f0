import { useEffect, useState } from 'react';
import { Upscaler } from 'fovea';

/** An upscaler while the component is there: undefined until it is loaded, or the error. */
export function useUpscaler(network) {
  const [state, setState] = useState({});
  useEffect(() => {
    let isMounted = true;
    const show = (next) => isMounted && setState(next);
    const creating = Upscaler.create(network);
    creating.then(
      (upscaler) => show({ upscaler }),
      (error) => show({ error }),
    );
    return () => {
      isMounted = false;
      creating.then((upscaler) => upscaler.release()).catch(() => {});
    };
  }, [network]);
  return state;
}
