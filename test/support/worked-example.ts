// The code blocks of a document, put into a copy of this repository: new files, and edits written as diffs.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** `file` is empty for a block that is to be run. */
export type Block = { language: string; file: string; text: string };

const opening = /^```(?<language>\w+)(?: file=(?<file>\S+))?$/;

/** The blocks below a heading, down to the next one of its level. */
export function blocksBelow(document: string, heading: string): Block[] {
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  const from = lines.indexOf(heading) + 1;
  const to = lines.findIndex((line, at) => at > from && line.startsWith("## "));
  const blocks: Block[] = [];
  let block: Block | undefined;
  for (const line of lines.slice(from, to)) {
    if (block === undefined) {
      const { language, file = "" } = opening.exec(line)?.groups ?? {};
      if (language !== undefined) block = { language, file, text: "" };
    } else if (line === "```") {
      blocks.push(block);
      block = undefined;
    } else block.text += `${line}\n`;
  }
  return blocks;
}

const copied = ["bin", "proto", "src", "third_party", "clients/typescript/src", "clients/typescript/buf.gen.yaml"];
const alsoCopied = ["biome.json", "buf.gen.yaml", "buf.yaml", "drizzle.config.ts", "package.json", "tsconfig.json"];

/** What a change needs, with the installed packages linked. */
export function copyRepository(folder: string): void {
  for (const name of [...copied, ...alsoCopied]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

export function putIn(folder: string, { language, file, text }: Block): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, language === "diff" ? changed(readFileSync(path, "utf8"), text, file) : text);
}

/** Each hunk, unmarked and "-" lines, has to stand in the file exactly once. */
function changed(before: string, diff: string, file: string): string {
  return diff.split("@@\n").reduce((text, hunk) => {
    const lines = hunk.split("\n").slice(0, -1);
    const sideOf = (mark: string) =>
      lines.filter((line) => line.startsWith(" ") || line.startsWith(mark)).map((line) => `\n${line.slice(1)}`);
    const [old, fresh] = [sideOf("-").join(""), sideOf("+").join("")];
    const [head = "", ...tails] = `\n${text}`.split(`${old}\n`);
    if (tails.length !== 1) throw new Error(`${file} has this ${tails.length} times:${old}`);
    return `${head}${fresh}\n${tails[0] ?? ""}`.slice(1);
  }, before);
}
