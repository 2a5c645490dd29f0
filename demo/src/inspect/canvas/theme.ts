const tokens = ['paper', 'card', 'sunken', 'ink', 'soft', 'line', 'accent', 'error'] as const;

/** The page's colours as a canvas takes them, and those of kinds of operators. */
export type Theme = Readonly<Record<(typeof tokens)[number], string>> & { isDark: boolean };

/** @param element anything in the page */
export function readTheme(element: Element): Theme {
  const probe = document.createElement('span');
  element.append(probe);
  const colours = tokens.map((token) => {
    probe.style.color = `var(--${token})`;
    return [token, getComputedStyle(probe).color];
  });
  probe.remove();
  const { matches } = matchMedia('(prefers-color-scheme: dark)');
  return { ...(Object.fromEntries(colours) as Omit<Theme, 'isDark'>), isDark: matches };
}
