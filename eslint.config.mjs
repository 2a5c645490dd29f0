import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/', 'dist/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // An async generator or method may have nothing to await and yet must be one for its interface.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { ...globals.node } },
  },
  {
    // Emscripten pastes these into its glue, where Module is and Worker can be replaced.
    files: ['bindings/*.js'],
    languageOptions: { globals: { ...globals.worker, Module: 'readonly', Worker: 'off' } },
    rules: { 'no-unused-vars': 'off' },
  },
  {
    files: ['bench/**', 'demo/**', 'tests/browser/**'],
    languageOptions: { globals: { ...globals.browser } },
  },
  {
    files: ['examples/**/*.{js,jsx}'],
    languageOptions: {
      globals: { ...globals.browser, ...globals.serviceworker },
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    // Without the plugin for React, uses in JSX are not seen.
    rules: { 'no-unused-vars': ['error', { varsIgnorePattern: '^[A-Z]' }] },
  },
  {
    // Each of these runs in a place of its own.
    files: ['tests/places/programs/**'],
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker, ...globals.webextensions, ...globals.jest },
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
  },
);
