import { onUnmounted, shallowRef } from 'vue';
import { Upscaler } from 'fovea';

/** An upscaler while the component is there: undefined until it is loaded, or the error. */
export function useUpscaler(network) {
  // Shallow, since a reactive copy of an upscaler is none.
  const upscaler = shallowRef();
  const error = shallowRef();
  const creating = Upscaler.create(network);
  creating.then(
    (made) => (upscaler.value = made),
    (reason) => (error.value = reason),
  );
  onUnmounted(() => creating.then((made) => made.release()).catch(() => {}));
  return { upscaler, error };
}
