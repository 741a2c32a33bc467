// A generated block: what stands between two comments of its name in a document.

/** `text` with `content` in its block. Throws unless the document has the block exactly once. */
export function replaceBlock(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- begin:${name} -->\n`, `<!-- end:${name} -->`];
  const [before, rest, ...more] = text.split(begin);
  const [, after, ...others] = (rest ?? "").split(end);
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`the document needs the block ${name} exactly once`);
  }
  return `${before}${begin}\n${content.trim()}\n\n${end}${after}`;
}
