import { Engine } from './engine.js';
import { sameEngine, type EngineOptions } from './options.js';

interface Entry {
  options: EngineOptions;
  engine: Promise<Engine>;
  users: number;
  /** Ends it; runs while it has no users. */
  timer?: ReturnType<typeof setTimeout> | undefined;
  /** Set once started. */
  started?: Engine;
}

/** How long an engine without users waits for the next before it is ended, in milliseconds. */
const idleMilliseconds = 5000;

const entries = new Set<Entry>();

/** An engine that is in use until release() is called. */
export interface Lease {
  engine: Engine;
  release(): void;
}

/**
 * The engine for these options: a running one if there is one, else a new one.
 *
 * Whoever asks while it starts gets the same; one that failed to start or died is forgotten.
 */
export async function leaseEngine(options: EngineOptions): Promise<Lease> {
  const entry = find(options) ?? add(options);
  entry.users += 1;
  clearTimeout(entry.timer);
  try {
    const engine = await entry.engine;
    return { engine, release: once(() => release(entry)) };
  } catch (error) {
    entries.delete(entry);
    throw error;
  }
}

function find(options: EngineOptions): Entry | undefined {
  for (const entry of entries) {
    if (entry.started?.isDead) entries.delete(entry);
    else if (sameEngine(entry.options, options)) return entry;
  }
  return undefined;
}

function add(options: EngineOptions): Entry {
  const entry: Entry = { options: { ...options }, engine: Engine.start(options), users: 0 };
  entry.engine.then(
    (engine) => (entry.started = engine),
    () => {},
  );
  entries.add(entry);
  return entry;
}

function release(entry: Entry): void {
  entry.users -= 1;
  if (entry.users > 0) return;
  entry.timer = setTimeout(() => {
    entries.delete(entry);
    entry.started?.close();
  }, idleMilliseconds);
  // In Node, nobody should wait for this to exit.
  (entry.timer as { unref?: () => void }).unref?.();
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
