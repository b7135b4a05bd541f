// Owns where the threads of this folder begin. The sources may be run as they are, or compiled: a thread's file has the
// kind of name this one has.

const EXTENSION: string = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

export function threadScript(name: string): URL {
  return new URL(`./${name}${EXTENSION}`, import.meta.url);
}

/** False where Node runs TypeScript only with the help of somebody else's loader, which threads do not have. */
export function canRunThreads(): boolean {
  return EXTENSION === '.js' || 'typescript' in process.features;
}
