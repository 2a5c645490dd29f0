// A static site, for any host. Nothing here is for Fovea.
export default { output: 'export', reactStrictMode: true };
