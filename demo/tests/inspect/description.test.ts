import { expect, test } from '@jest/globals';
import { Description } from '../../src/inspect/editing/description.js';

const before = {
  ...{ producerName: 'exporter', producerVersion: '1', docString: '' },
  properties: [
    ['author', 'me'],
    ['licence', 'CC0'],
  ],
} as const;

test('without changes nothing is to be changed', () => {
  expect(new Description(before).edits()).toEqual({ metadata: {} });
});

test('entries are changed, added, renamed and removed', () => {
  const description = new Description(before);
  const [author, licence] = description.entries.value;
  author!.value.value = 'somebody else';
  licence!.key.value = 'license';
  description.add();
  const added = description.entries.value.at(-1)!;
  added.key.value = '__proto__';
  expect(Object.entries(description.edits().metadata!)).toEqual([
    ['licence', null],
    ['author', 'somebody else'],
    ['license', 'CC0'],
    ['__proto__', ''],
  ]);
  description.remove(author!);
  expect(description.edits().metadata).toMatchObject({ author: null });
});

test('texts that are emptied are changes, too', () => {
  const description = new Description(before);
  description.producerName.value = '';
  description.docString.value = 'What it is.';
  expect(description.edits()).toEqual({
    metadata: {},
    producerName: '',
    docString: 'What it is.',
  });
});

test('entries without a name and two of one name are refused', () => {
  const description = new Description(before);
  description.add();
  expect(() => description.edits()).toThrow('Name it, or remove it.');
  description.entries.value.at(-1)!.key.value = 'author';
  expect(() => description.edits()).toThrow('Rename or remove one.');
});
