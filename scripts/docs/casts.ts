// Where the code says `as`: the places where the compiler takes our word.
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The files that cast, by folder. Imports under another name and `as const` are no casts. */
export function castList(root: string): string {
  const files = globSync("{src,clients/typescript/src}/**/*.ts", { cwd: root, exclude: (path) => /\bgen$/.test(path) });
  const casting = files.sort().filter((file) => casts(readFileSync(join(root, file), "utf8")));
  const folders = Map.groupBy(casting, (file) => dirname(file));
  const lines = [...folders].map(([folder, members]) => {
    const links = members.map((file) => `[${basename(file, ".ts")}](${file})`);
    return `- \`${folder}\`: ${links.join(", ")}`;
  });
  return lines.join("\n");
}

function casts(source: string): boolean {
  const code = source
    .replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, "")
    .replaceAll(/^(?:import|export) (?:type )?[{*][^;]*;/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');
  return /[\w)\]}>"] as (?!const\b)/.test(code);
}
