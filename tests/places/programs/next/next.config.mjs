// A static site below a path, as GitHub Pages has them.
export default {
  output: 'export',
  basePath: '/below',
  reactStrictMode: true,
  turbopack: { root: new URL('../..', import.meta.url).pathname },
};
