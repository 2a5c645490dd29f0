import { signal, type Signal } from '@preact/signals';
import { isOneOf, isText, remembered } from '../settings.js';
import {
  networkAt,
  networkOfFile,
  ownNetwork,
  ownNetworks,
  type Network,
  type OwnNetwork,
} from './networks.js';

/** Where a network comes from: one of the package's own, a file, or an address. */
export type ModelKind = OwnNetwork | 'file' | 'url';

const ownKinds = Object.keys(ownNetworks) as OwnNetwork[];

/** Which network a page uses. What can be is remembered; a file is not, since pages may not keep it. */
export class ModelChoice {
  readonly kind: Signal<ModelKind>;
  readonly file = signal<File | undefined>(undefined);
  readonly address: Signal<string>;

  /** @param name under which it is remembered, of its own among all pages */
  constructor(name: string, initial: OwnNetwork = 'photo') {
    this.kind = remembered<ModelKind>(
      `${name}.model`,
      initial,
      isOneOf(...ownKinds, 'url', 'file'),
    );
    this.address = remembered(`${name}.address`, '', isText);
    const lacks = this.kind.value === 'file' || (this.kind.value === 'url' && !this.address.value);
    if (lacks) this.kind.value = initial;
  }

  /** Takes a file, as if it had been picked in the page's own field. */
  take(file: File): void {
    this.file.value = file;
    this.kind.value = 'file';
  }

  /**
   * The network; undefined while a file or an address is still to be given.
   *
   * @param scale how many times as large pictures become, for which the package has several networks
   */
  network(scale?: number): Network | undefined {
    const kind = this.kind.value;
    if (kind === 'file') return this.file.value && networkOfFile(this.file.value);
    if (kind === 'url') return this.address.value ? networkAt(this.address.value) : undefined;
    return ownNetwork(kind, scale);
  }
}

/** Whether a file is to be taken for a network. */
export function isModelFile({ name }: File): boolean {
  return name.toLowerCase().endsWith('.onnx');
}
