import './base.css';
import './masthead.css';

const pages = [
  { file: 'index.html', title: 'Pictures' },
  { file: 'live.html', title: 'Camera & video' },
  { file: 'inspect.html', title: 'Look inside a model' },
  { file: 'quantize.html', title: 'Make a model smaller' },
] as const;

/** The files of the pages. */
export type PageFile = (typeof pages)[number]['file'];

/** The head of every page: whose it is, what it promises, and the way to the others. */
export function Masthead({ current }: { current: PageFile }) {
  return (
    <header class="masthead">
      <h1>
        <img src="./icon.svg" alt="" width="32" height="32" />
        Fovea
      </h1>
      <p class="claim">Sharper, larger pictures, made in your browser</p>
      <nav aria-label="Pages">
        {pages.map(({ file, title }) => (
          <a key={file} href={`./${file}`} aria-current={file === current ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <p class="privacy">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3 7h10v7H3z" />
        </svg>
        Nothing leaves your machine
      </p>
    </header>
  );
}
