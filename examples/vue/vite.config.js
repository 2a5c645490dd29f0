import vue from '@vitejs/plugin-vue';

// For several threads.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  plugins: [vue()],
  server: { headers },
  preview: { headers },
  // For versions of Vite before 8.
  optimizeDeps: { exclude: ['fovea'] },
};
