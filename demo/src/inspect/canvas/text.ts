const known = new Map<string, string>();

/** As much of a text as there is room for, without its end or its start. */
export function ellipsis(
  context: CanvasRenderingContext2D,
  text: string,
  room: number,
  without: 'start' | 'end' = 'end',
): string {
  const key = `${context.font} ${Math.round(room)} ${without} ${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const shown = shortened(context, text, room, without);
  if (known.size > 20_000) known.clear();
  known.set(key, shown);
  return shown;
}

function shortened(
  context: CanvasRenderingContext2D,
  text: string,
  room: number,
  without: 'start' | 'end',
): string {
  if (context.measureText(text).width <= room) return text;
  let [least, most] = [0, text.length];
  const part = (length: number) =>
    without === 'end' ? `${text.slice(0, length)}…` : `…${text.slice(text.length - length)}`;
  while (least < most) {
    const length = Math.ceil((least + most) / 2);
    if (context.measureText(part(length)).width <= room) least = length;
    else most = length - 1;
  }
  return part(least);
}
