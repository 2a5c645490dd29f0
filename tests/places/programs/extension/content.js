// A content script is no module, but may import those that pages may.
(async () => {
  const output = document.querySelector('output');
  try {
    const [fovea, { enlarge }] = await Promise.all(
      ['fovea/index.js', 'enlarge.js'].map((file) => import(chrome.runtime.getURL(file))),
    );
    output.dataset.content = await enlarge(fovea);
  } catch (error) {
    output.dataset.content = String(error);
  }
  output.dataset.background = await chrome.runtime.sendMessage('enlarge');
})();
