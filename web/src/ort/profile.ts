// Profiles as onnxruntime writes them: events that Chromium's about:tracing and Perfetto show.

import type { NodeProfile } from '../index.js';
import { isNode, nodeModule } from '../base/environment.js';

interface TraceEvent {
  cat: 'Node' | 'Session';
  name: string;
  ph: 'X';
  pid: number;
  tid: number;
  /** Microseconds from when the session was created, and of duration. */
  ts: number;
  dur: number;
  args: Record<string, string>;
}

/** Gathers what the runs of a session took, and tells it once. */
export class Profiler {
  readonly #start = performance.now();
  readonly #events: TraceEvent[] = [];
  readonly #write: (text: string) => void;

  private constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** One that writes a file in Node, `PREFIX_DATE.json`, and to the console elsewhere. */
  static async create(prefix = 'onnxruntime_profile_'): Promise<Profiler> {
    if (!isNode()) return new Profiler((text) => console.log(text));
    const { writeFileSync } = await nodeModule<typeof import('node:fs')>('fs');
    return new Profiler((text) => writeFileSync(`${prefix}_${now()}.json`, text));
  }

  /** Adds a run, given when it began (by performance.now()) and what its nodes did, one after the other. */
  add(began: number, nodes: readonly NodeProfile[]): void {
    const start = began - this.#start;
    this.#add('Session', 'model_run', start, performance.now() - began, {});
    let at = start;
    for (const { node, opType, algorithm, milliseconds } of nodes) {
      const args = { op_name: opType, algorithm: algorithm, provider: 'Fovea' };
      this.#add('Node', `${node}_kernel_time`, at, milliseconds, args);
      at += milliseconds;
    }
  }

  /** Tells what was gathered. */
  end(): void {
    this.#write(`[\n${this.#events.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`);
  }

  #add(
    cat: TraceEvent['cat'],
    name: string,
    start: number,
    milliseconds: number,
    args: TraceEvent['args'],
  ): void {
    const [ts, dur] = [start, milliseconds].map((time) => Math.round(1000 * time)) as [
      number,
      number,
    ];
    this.#events.push({ cat, name, ph: 'X', pid: 1, tid: 1, ts, dur, args });
  }
}

/** The time as a part of a file's name. */
function now(): string {
  return new Date().toISOString().replace('T', '_').replace(/[:.]/g, '-').replace('Z', '');
}
