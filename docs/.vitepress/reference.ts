// The API reference's sidebar, as TypeDoc writes it.

import { existsSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

/**
 * The sidebar of a reference that has been made, else nothing: a group for each thing to import, the first of them open.
 *
 * @param file TypeDoc's, in which `fovea/models` is `models` inside of `fovea`
 * @param slugify the anchor of a heading
 */
export function referenceSidebar(file: URL, slugify: (text: string) => string): Item[] {
  if (!existsSync(file)) return [];
  const roots = JSON.parse(readFileSync(file, 'utf8')) as Item[];
  const modules = roots.flatMap((root) => [
    { ...root, collapsed: false, items: root.items?.filter((item) => !isModule(item)) ?? [] },
    ...(root.items?.filter(isModule) ?? []).map((item) => ({
      ...item,
      text: `${root.text}/${item.text}`,
    })),
  ]);
  return modules.map((item) => withLinks(item, slugify));
}

function isModule({ link }: Item): boolean {
  return link?.endsWith('/') ?? false;
}

/**
 * Has each group lead to its list on its module's page. Of rows that open and lead nowhere VitePress makes buttons with
 * a button in them, which screen readers cannot tell apart.
 */
function withLinks(item: Item, slugify: (text: string) => string, page = ''): Item {
  const link = item.link ?? `${page}#${slugify(item.text ?? '')}`;
  if (!item.items) return { ...item, link };
  const items = item.items.map((each) => withLinks(each, slugify, item.link ?? page));
  return { ...item, link, items };
}
