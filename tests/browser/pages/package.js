// What a page without any bundler writes; then the tests go on.
import * as fovea from '/dist/index.js';

window.fovea = fovea;
window.violations = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  window.violations.push(`${violatedDirective} ${blockedURI}`);
});

window.failureOf = (promise) =>
  promise.then(
    () => null,
    ({ name, code, message, fields }) => ({ name, code, message, fields }),
  );

window.zeros = (dims) =>
  new fovea.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
