// Which command is measured where none is named: the built one, which is what users run, else the source.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A path. */
export function defaultCommand(): string {
  const [built = "", source = ""] = ["dist", "bin"].map((folder) =>
    fileURLToPath(new URL(`../../${folder}/tessera.js`, import.meta.url)),
  );
  return existsSync(built) ? built : source;
}
