/** The methods of a host, which are called by name. */
export type Callable<Methods> = { [Name in keyof Methods]: (...args: never[]) => unknown };

/** What a method of a host takes, by its name. */
export type ArgumentsOf<Methods extends Callable<Methods>, Name extends keyof Methods> = Parameters<
  Methods[Name]
>;

/** What it gives in the end. */
export type ResultOf<Methods extends Callable<Methods>, Name extends keyof Methods> = Awaited<
  ReturnType<Methods[Name]>
>;
