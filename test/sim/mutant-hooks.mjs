// Owns the module hook of mutants.ts: one text of one file becomes another while it is loaded.

let mutant;

export function initialize(data) {
  mutant = data;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(`/${mutant.file}`)) return loaded;
  const parts = String(loaded.source).split(mutant.from);
  if (parts.length !== 2) {
    throw new Error(`${mutant.file} has ${parts.length - 1} times: ${mutant.from}`);
  }
  return { ...loaded, source: parts.join(mutant.to) };
}
