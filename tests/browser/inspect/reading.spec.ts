import { expect, test } from '@playwright/test';
import { OnnxBuilder, toTensorProto } from '../../support/onnx-builder.js';
import { ModelProto } from '../../support/onnx-schema.js';
import {
  choose,
  crumbs,
  drawing,
  modelFile,
  openInspector,
  openModel,
  panel,
  pick,
  spoken,
  value,
} from './support/inspect-page.js';
import { blurring, branching, unknownInBranch, unknownOperator } from './support/small-models.js';

test.beforeEach(({ page }) => openInspector(page));

test('a model is described as a whole', async ({ page }) => {
  await openModel(page, blurring());
  await expect(panel(page)).toContainText('Nodes4');
  await expect(panel(page)).toContainText('Learned numbers324');
  await expect(panel(page)).toContainText('Multiplications of a run324 × height × width');
  await expect(panel(page)).toContainText('imagefloat32 [1, 3, height, width]');
  await expect(panel(page)).toContainText('All of it can be run here.');
});

test('a node is told of: settings, values, shapes, the numbers of its weights', async ({
  page,
}) => {
  await openModel(page, blurring());
  await choose(page, 'conv/Conv');
  await expect(panel(page).getByRole('heading', { name: 'Conv' })).toBeVisible();
  await expect(panel(page)).toContainText('pads[1, 1, 1, 1]');
  await expect(value(page, 'image')).toContainText('float32 [1, 3, height, width]');
  await expect(value(page, '/blur/conv/Conv')).toContainText('float32 [1, 12, height, width]');
  const weight = value(page, 'constant_0');
  await expect(weight).toContainText('float32 [12, 3, 3, 3]');
  await weight.getByRole('button', { name: 'Show its numbers' }).click();
  await expect(weight).toContainText('Numbers324');
  await expect(weight).toContainText('Smallest0.03704');
  await expect(weight).toContainText('Typical distance from it0');
  await expect(weight.getByRole('img', { name: /How often numbers occur/ })).toBeVisible();
});

test('values lead from node to node', async ({ page }) => {
  await openModel(page, blurring());
  await choose(page, 'LeakyRelu');
  await expect(panel(page)).toContainText('alpha0.25');
  await value(page, '/blur/conv/Conv').getByRole('button', { name: 'Made by Conv' }).click();
  await expect(panel(page).getByRole('heading', { name: 'Conv' })).toBeVisible();
  await value(page, '/blur/conv/Conv').getByRole('button', { name: 'Goes to LeakyRelu' }).click();
  await expect(panel(page).getByRole('heading', { name: 'LeakyRelu' })).toBeVisible();
});

test('the drawing is walked by keys, into groups and out of them', async ({ page }) => {
  await openModel(page, blurring());
  await drawing(page).focus();
  const press = async (key: string, what: RegExp) => {
    await page.keyboard.press(key);
    await expect(spoken(page)).toHaveText(what);
  };
  await press('ArrowDown', /^blur, 3 nodes .*, group, open/);
  await press('ArrowDown', /^Conv, \/blur\/conv\/Conv/);
  await press('ArrowDown', /^LeakyRelu/);
  await press('ArrowDown', /^Add/);
  await press('ArrowDown', /^DepthToSpace/);
  await press('ArrowUp', /^blur/);
  await press('Enter', /^blur, 3 nodes .*, group, closed/);
  await press('ArrowDown', /^DepthToSpace/);
  await press('Escape', /^$/);
});

test('a box is chosen by a tap, a group opened by a second one', async ({ page }) => {
  await openModel(page, blurring());
  await choose(page, '3 nodes');
  const toggle = panel(page).getByRole('button', { name: /this group/ });
  await expect(toggle).toHaveText('Close this group');
  await toggle.click();
  await expect(toggle).toHaveText('Open this group');
  // The closed group is the second box of the row in the middle.
  const { width } = (await drawing(page).boundingBox())!;
  const tap = () => drawing(page).click({ position: { x: width / 2, y: 95 } });
  await tap();
  await expect(toggle).toHaveText('Close this group');
});

test('parts are found by name, operator and value, and all are listed', async ({ page }) => {
  await openModel(page, blurring());
  const parts = page.getByRole('list', { name: 'Parts' }).getByRole('listitem');
  await expect(parts).toHaveCount(5);
  const search = page.getByRole('searchbox');
  await search.fill('DEPTH');
  await expect(parts).toHaveText([/DepthToSpace/]);
  await search.fill('constant_0');
  await expect(parts).toHaveText([/Conv/]);
  await search.fill('bend add');
  await expect(parts).toHaveText([/Add/]);
  await search.fill('zebra');
  await expect(page.getByText('Nothing is called so.')).toBeVisible();
});

test('branches open as drawings of their own, with a way back', async ({ page }) => {
  await openModel(page, branching());
  await choose(page, 'If');
  await panel(page).getByRole('button', { name: 'Open else_branch' }).click();
  await expect(crumbs(page)).toContainText('chosen: else_branch');
  await choose(page, 'Mul');
  await expect(value(page, 'number')).toContainText('Comes from outside.');
  const factor = value(page, 'halved_factor');
  await factor.getByRole('button', { name: 'Show its numbers' }).click();
  await expect(factor).toContainText('Value0.5');
  await crumbs(page).getByRole('button', { name: 'mine.onnx' }).click();
  await expect(crumbs(page)).not.toContainText('else_branch');
  await expect(panel(page).getByRole('heading', { name: 'If' })).toBeVisible();
});

test('what cannot be run is marked, listed, and told what to do about', async ({ page }) => {
  await openModel(page, unknownOperator());
  await expect(panel(page)).toContainText('1 node cannot be run.');
  await expect(panel(page)).toContainText('registerOperator()');
  await panel(page).getByRole('button', { name: 'Show it' }).click();
  await expect(panel(page)).toContainText('This cannot be run.');
  await expect(panel(page)).toContainText('com.example');
  await expect(panel(page)).toContainText('strength3');
  await expect(spoken(page)).toContainText('cannot be run');
  await page.getByLabel('Only what cannot be run').check();
  const parts = page.getByRole('list', { name: 'Parts' }).getByRole('listitem');
  await expect(parts).toHaveText([/Wild/]);
  await expect(page.getByRole('radio', { name: 'As it runs' })).toBeDisabled();
  await page.getByRole('tab', { name: 'Run it' }).click();
  await expect(panel(page)).toContainText('Some of its nodes cannot be run here.');
});

test('what cannot be run in a branch is led to', async ({ page }) => {
  await openModel(page, unknownInBranch());
  await choose(page, 'If');
  await expect(panel(page)).toContainText('Something inside it cannot be run');
  await page.getByRole('tab', { name: 'Model' }).click();
  await panel(page).getByRole('button', { name: 'Show it' }).click();
  await expect(crumbs(page)).toContainText('chosen: else_branch');
  await expect(panel(page).getByRole('heading', { name: 'Wild' })).toBeVisible();
  await expect(spoken(page)).toContainText('cannot be run');
});

test('a damaged file shows its error, and the model before stays', async ({ page }) => {
  await openModel(page, blurring());
  await choose(page, 'LeakyRelu');
  const bytes = blurring();
  for (const [name, damaged] of [
    ['damaged.onnx', bytes.subarray(0, bytes.length - 9)],
    ['words.txt', new TextEncoder().encode('no model')],
  ] as const) {
    await pick(page, modelFile(damaged, name));
    await expect(page.getByRole('alert')).toContainText(
      'This file is not a model that can be read.',
    );
    await expect(crumbs(page)).toHaveText('mine.onnx');
    await expect(panel(page).getByRole('heading', { name: 'LeakyRelu' })).toBeVisible();
    await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
    await expect(page.getByRole('alert')).toBeEmpty();
  }
  await openModel(page, branching(), 'next.onnx');
  await expect(panel(page)).toContainText('Nodes1');
});

test('what is well written but no valid model leads back to the one before', async ({ page }) => {
  await openModel(page, blurring());
  const builder = new OnnxBuilder();
  builder.output(builder.node('Add', ['nothing', 'makes this']));
  await pick(page, modelFile(builder.build(), 'invalid.onnx'));
  await expect(page.getByRole('alert')).toContainText('This file is not a model that can be read.');
  await expect(crumbs(page)).toHaveText('mine.onnx');
  await expect(panel(page)).toContainText('Nodes4');
});

test('weights in another file are taken with the model, or afterwards', async ({ page }) => {
  const { model, weights } = withExternalWeights();
  await pick(page, modelFile(model));
  await expect(page.getByRole('alert')).toContainText('weights.bin');
  await choose(page, 'Add');
  const weight = value(page, 'weight');
  await weight.getByRole('button', { name: 'Show its numbers' }).click();
  await expect(weight).toContainText('Its numbers are in the file weights.bin');
  await pick(page, modelFile(weights, 'weights.bin'));
  await expect(page.getByRole('alert')).toBeEmpty();
  await expect(panel(page)).toContainText('All of it can be run here.');
  await choose(page, 'Add');
  await weight.getByRole('button', { name: 'Show its numbers' }).click();
  await expect(weight).toContainText('Largest4');
});

function withExternalWeights() {
  const weights = new Uint8Array(new Float32Array([1, 2, 4]).buffer);
  const builder = new OnnxBuilder();
  const x = builder.input('x', [3]);
  builder.output(builder.node('Add', [x, 'weight']));
  const tensor = {
    ...toTensorProto('weight', 'float32', [3], new Uint8Array()),
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'weights.bin' }],
  };
  const graph = { ...builder.graph(), initializer: [tensor] };
  const message = { irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph };
  return { model: ModelProto.encode(ModelProto.fromObject(message)).finish(), weights };
}

test('files are taken by dropping them anywhere', async ({ page }) => {
  await page.evaluate(
    (bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], 'dropped.onnx'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
    },
    [...blurring()],
  );
  await expect(crumbs(page)).toHaveText('dropped.onnx');
});

test('the package’s own models are there to look at', async ({ page }) => {
  await page.getByRole('button', { name: 'Quick' }).click();
  await expect(panel(page)).toContainText('All of it can be run here.');
  await expect(crumbs(page)).toContainText('Quick');
});
