// Rewrites the generated parts of the documents, and says which files changed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freshDocuments, root } from "./docs/documents.ts";

const stale = freshDocuments().filter(({ text, fresh }) => text !== fresh);
for (const { file, fresh } of stale) {
  writeFileSync(join(root, file), fresh);
  console.log(`rewrote ${file}`);
}
if (stale.length === 0) console.log("every generated block is fresh");
