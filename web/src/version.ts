/** The package's version, which the engine's files must have too. */
export const version = '0.1.0';
