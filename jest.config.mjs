export default {
  roots: ['<rootDir>/web', '<rootDir>/node', '<rootDir>/demo', '<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  // Each file in a context of its own, whose typed arrays and errors are not those of Node's modules.
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tools/jest/transform.mjs' },
  // TypeScript files import each other by the names of their outputs.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 60_000,
};
