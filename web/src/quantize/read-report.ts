import type { FlatReport } from './module.js';
import { methods, type LayerReport, type QuantizeReport } from './report.js';

/** Reads what bindings/quantiser writes: texts and numbers one after the other. */
export function readReport({ texts, numbers, counts }: FlatReport): QuantizeReport {
  const text = reader(texts);
  const number = reader(numbers);
  let counted = 0;
  const layer = (): LayerReport => {
    const [node, opType, input, reason] = [text(), text(), text(), text()];
    const [quantised, method] = [number() !== 0, methods[number() - 1]!];
    const range = () => ({ low: number(), high: number() });
    const [seen, chosen] = [range(), range()];
    const [scale, zeroPoint, lossDb, weightsSnr] = [number(), number(), number(), number()];
    const [macs, bytesBefore, bytesAfter] = [number(), number(), number()];
    const [bins, length] = [range(), number()];
    const histogram =
      length > 0 ? { range: bins, counts: counts.slice(counted, counted + length) } : undefined;
    counted += length;
    return {
      ...{ node, opType, input, quantised, reason, method, seen, chosen, scale, zeroPoint },
      ...{ histogram, lossDb: histogram && known(lossDb), weightsSnr },
      ...{ macs, bytesBefore, bytesAfter },
    };
  };
  const [lossDb, psnr] = [number(), number()];
  const [psnrBefore, psnrAfter] = [known(number()), known(number())];
  const [bytesBefore, bytesAfter] = [number(), number()];
  const layers = Array.from({ length: texts.length / textsOfLayer }, layer);
  return { lossDb, psnr, psnrBefore, psnrAfter, bytesBefore, bytesAfter, layers };
}

const textsOfLayer = 4;

/** What was not found out is NaN. */
function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function reader<T>(values: ArrayLike<T>): () => T {
  let next = 0;
  return () => values[next++]!;
}
