/** What is done in every place: a white picture is enlarged by the package's own network, or another. */
export async function enlarge({ Upscaler }, network, options) {
  const upscaler = await Upscaler.create(network, options);
  const white = new Uint8ClampedArray(4 * 30 * 20).fill(255);
  const { width, height, data } = await upscaler.upscale({ width: 30, height: 20, data: white });
  await upscaler.release();
  return `${width} x ${height}, ${data.every((value) => value > 250) ? 'white' : 'not white'}`;
}
