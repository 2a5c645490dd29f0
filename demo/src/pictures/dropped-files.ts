/** Files of these names are pictures, also where the system does not tell their type. */
const pictureName = /\.(avif|bmp|gif|heic|heif|jpe?g|jfif|jxl|png|svg|tiff?|webp)$/i;

/** All files that are dropped or pasted, those in folders included. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  // Asked for at once: what is transferred is gone once the event is.
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const found = items.map((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory ? (entry as FileSystemDirectoryEntry) : item.getAsFile();
  });
  const files = await Promise.all(
    found.map(async (each) => {
      if (each instanceof File) return [each];
      return each ? filesIn(each) : [];
    }),
  );
  return files.flat();
}

/** Those of a folder that are pictures: it may hold much else. */
export function picturesIn(files: Iterable<File>): File[] {
  return [...files].filter(
    ({ name, type }) =>
      !name.startsWith('.') && (type.startsWith('image/') || pictureName.test(name)),
  );
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const files: File[] = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.isDirectory) files.push(...(await filesIn(entry as FileSystemDirectoryEntry)));
    else files.push(...picturesIn([await fileOf(entry as FileSystemFileEntry)]));
  }
  return files;
}

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // Gives some at a time, and none in the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function fileOf(entry: FileSystemFileEntry): Promise<File> {
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
  // As files of a folder that is picked have it.
  return Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.slice(1) });
}
