import { expect, type Locator, type Page } from '@playwright/test';

/** The inspector as `npm start` serves it. */
export async function openInspector(page: Page): Promise<void> {
  await page.goto('/build/demo/inspect.html');
  await expect(page.getByRole('heading', { name: 'See what a model is made of' })).toBeVisible();
}

/** A file as a person picks one. */
export function modelFile(bytes: Uint8Array, name = 'mine.onnx') {
  return { name, mimeType: '', buffer: Buffer.from(bytes) };
}

/** Picks files on whichever screen is shown. */
export async function pick(page: Page, ...files: ReturnType<typeof modelFile>[]): Promise<void> {
  await page.locator('#start-file, #other-file').setInputFiles(files);
}

/** Opens a model and waits until the engine has examined it. */
export async function openModel(page: Page, bytes: Uint8Array, name?: string): Promise<void> {
  const file = modelFile(bytes, name);
  await pick(page, file);
  await expect(crumbs(page)).toContainText(file.name);
  await expect(panel(page)).not.toContainText('is being examined');
}

export function crumbs(page: Page): Locator {
  return page.getByRole('navigation', { name: 'Where you are' });
}

/** What is told of the chosen part, of the model, or of runs. */
export function panel(page: Page): Locator {
  return page.getByRole('tabpanel');
}

export function drawing(page: Page): Locator {
  return page.getByRole('application', { name: 'The model as a drawing' });
}

/** What a screen reader says of the chosen part. */
export function spoken(page: Page): Locator {
  return page.locator('.graph-canvas [role="status"]');
}

/** Chooses the first part that is found by these words. */
export async function choose(page: Page, words: string): Promise<void> {
  await page.getByRole('searchbox').fill(words);
  await page.getByRole('list', { name: 'Parts' }).getByRole('button').first().click();
}

/** The values that the chosen part reads or makes, by name. */
export function value(page: Page, name: string): Locator {
  return panel(page)
    .locator('.value')
    .filter({ has: page.getByText(name, { exact: true }) });
}
