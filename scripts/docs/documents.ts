// Which part of which document is made from what.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configurationTable } from "../../src/config.ts";
import { replaceBlock } from "./block.ts";
import { castList } from "./casts.ts";
import { failureTable, reasonTable } from "./failures.ts";
import { rowTables } from "./rows.ts";
import { versionTable } from "./versions.ts";

/** The folder of the project. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const blocks = [
  { file: "README.md", name: "configuration", make: configurationTable },
  { file: "STYLE.md", name: "casts", make: () => castList(root) },
  { file: "docs/failures.md", name: "kinds", make: failureTable },
  { file: "docs/failures.md", name: "reasons", make: () => reasonTable(root) },
  { file: "docs/security.md", name: "rows", make: () => rowTables(root) },
  { file: "docs/security.md", name: "versions", make: () => versionTable(root) },
];

/** Every document with generated blocks, as it is and as it should be. */
export function freshDocuments(): { file: string; text: string; fresh: string }[] {
  const files = [...new Set(blocks.map(({ file }) => file))];
  return files.map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const fresh = blocks
      .filter((block) => block.file === file)
      .reduce((before, { name, make }) => replaceBlock(before, name, make()), text);
    return { file, text, fresh };
  });
}
