/** What a worker runs. */
export interface WorkerScript {
  /** Undefined where nothing tells. */
  url: string | URL | undefined;
  name: string;
  /** The option that tells its address. */
  option: string;
}

/** Why there is no worker where nothing tells its address. */
export function unlocated({ name, option }: WorkerScript): string {
  return `nothing tells where ${name} is, which the option ${option} can`;
}
