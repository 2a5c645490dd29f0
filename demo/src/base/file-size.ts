const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** How large a file is, as people say it: `1.4 MB`. */
export function fileSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  const maximumFractionDigits = power > 0 && value < 10 ? 1 : 0;
  const format = { style: 'unit', unit: units[power]!, maximumFractionDigits } as const;
  return new Intl.NumberFormat('en', format).format(value);
}
