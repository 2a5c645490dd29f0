// The documents and what is in them.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt, { type Token } from 'markdown-it';
import { globSync } from 'tinyglobby';

const markdown = new MarkdownIt({ html: true });

/** A fenced block of code. */
export interface Block {
  document: string;
  /** Of its first line in the document, counted from 1. */
  line: number;
  language: string;
  /** Whether the document says that it is run. */
  isRun: boolean;
  code: string;
}

/** A link or a picture. */
export interface Link {
  document: string;
  target: string;
}

/** All documents for people, as paths in the checkout. */
export const documents: readonly string[] = globSync(
  [
    '*.md',
    '{docs,examples,models,training,evaluation,tests}/**/*.md',
    '!**/{node_modules,dist,build,.venv,.vitepress}/**',
  ],
  { expandDirectories: false },
)
  .map((file) => normalize(file))
  .sort();

export function blocksOf(document: string): Block[] {
  return tokensOf(document)
    .filter(({ type }) => type === 'fence')
    .map(({ info, content, map }) => {
      const [language = '', ...words] = info.trim().split(/\s+/);
      const line = (map?.[0] ?? 0) + 2;
      return { document, line, language, isRun: words.includes('run'), code: content };
    });
}

/** What is indented as code is: commands, most of them. */
export function indentedBlocksOf(document: string): string[] {
  return tokensOf(document)
    .filter(({ type }) => type === 'code_block')
    .map(({ content }) => content);
}

export function linksOf(document: string): Link[] {
  return inlineTokensOf(document).flatMap((token) => {
    const target = token.attrGet(token.type === 'image' ? 'src' : 'href');
    return typeof target === 'string' ? [{ document, target }] : [];
  });
}

/** The anchors of a document's headings, as the repository's pages and the site have them. */
export function anchorsOf(document: string): Set<string> {
  const slugger = new GithubSlugger();
  const tokens = tokensOf(document);
  const headings = tokens.filter((_, at) => tokens[at - 1]?.type === 'heading_open');
  return new Set(headings.map((heading) => slugger.slug(textOf(heading))));
}

/** Where a relative link leads: a path in the checkout, and an anchor. */
export function destinationOf({ document, target }: Link): { path: string; anchor: string } {
  const [path = '', anchor = ''] = target.split('#');
  const file = path === '' ? document : normalize(join(dirname(document), decodeURI(path)));
  return { path: file, anchor };
}

export function isThere(path: string): boolean {
  return existsSync(path);
}

const parsed = new Map<string, Token[]>();

function tokensOf(document: string): Token[] {
  let tokens = parsed.get(document);
  if (!tokens) {
    tokens = markdown.parse(readFileSync(document, 'utf8'), {});
    parsed.set(document, tokens);
  }
  return tokens;
}

function inlineTokensOf(document: string): Token[] {
  return tokensOf(document).flatMap(({ children }) => children ?? []);
}

function textOf({ children }: Token): string {
  return (children ?? [])
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');
}
