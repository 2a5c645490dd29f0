/** What is looked at of a picture: it is drawn this small. */
const mostPixels = 1e6;

/** How far beyond sRGB a level must be, of 0..1: what rounding does is less. */
const tolerance = 0.02;

/**
 * Whether a picture has colours that sRGB has not, such as phones' photos in Display-P3. Those are enlarged and saved
 * in Display-P3, all others in sRGB.
 */
export function hasWideColours(bitmap: ImageBitmap): boolean {
  const { width, height } = bitmap;
  const scale = Math.min(1, Math.sqrt(mostPixels / (width * height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.floor(width * scale));
  canvas.height = Math.max(1, Math.floor(height * scale));
  const context = canvas.getContext('2d', { colorSpace: 'display-p3', willReadFrequently: true });
  if (context?.getContextAttributes().colorSpace !== 'display-p3') return false;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3]! > 250 && isBeyond(data[at]!, data[at + 1]!, data[at + 2]!)) return true;
  }
  return false;
}

/** Light of 0..1 by level, which is the same for both spaces. */
const light = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** Whether a colour of Display-P3 has light of sRGB below none or above all (CSS Color 4, 10.2). */
function isBeyond(red: number, green: number, blue: number): boolean {
  const [r, g, b] = [light[red]!, light[green]!, light[blue]!];
  const inSrgb = [
    1.2249401762805598 * r - 0.22494017628055996 * g,
    -0.04205695470968816 * r + 1.0420569547096881 * g,
    -0.019637554590334432 * r - 0.07863604555063188 * g + 1.0982736001409663 * b,
  ];
  return inSrgb.some((level) => level < -tolerance || level > 1 + tolerance);
}
