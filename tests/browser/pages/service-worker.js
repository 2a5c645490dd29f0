// A place without import() and without workers.
import { InferenceSession, Tensor } from '/dist/static.js';

addEventListener('message', ({ data: { model, dims, values }, ports: [port] }) => {
  const compute = async () => {
    const session = await InferenceSession.create(model);
    const { output } = await session.run({ input: new Tensor('float32', values, dims) });
    await session.release();
    return { dims: output.dims, values: output.data };
  };
  compute().then(
    (result) => port.postMessage(result),
    (error) => port.postMessage({ error: String(error) }),
  );
});
