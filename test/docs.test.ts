// The documents say what is: generated parts are fresh, links lead somewhere, commands exist, names are in the code.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { replaceBlock } from "../scripts/docs/block.ts";
import { freshDocuments, root } from "../scripts/docs/documents.ts";
import { findTested, idsIn, readRows } from "../scripts/docs/rows.ts";
import { compareVersions, pinnedVersions } from "../scripts/docs/versions.ts";

const documents = globSync(["*.md", "docs/**/*.md", "clients/typescript/README.md"], { cwd: root });
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("generated blocks", () => {
  it.each(freshDocuments())("$file is fresh; otherwise run: npm run docs", ({ text, fresh }) => {
    expect(text).toBe(fresh);
  });

  it("replace what stands between their markers and nothing else", () => {
    const before = "a\n<!-- begin:x -->\nold\n<!-- end:x -->\nb\n";
    const after = replaceBlock(before, "x", "new\n");
    expect(after).toBe("a\n<!-- begin:x -->\n\nnew\n\n<!-- end:x -->\nb\n");
    expect(replaceBlock(after, "x", "new")).toBe(after);
  });

  it.each(["no block", "<!-- begin:x -->\n", "<!-- begin:x -->\n<!-- end:x --><!-- begin:x -->\n<!-- end:x -->"])(
    "a document without exactly one is refused: %j",
    (text) => {
      expect(() => replaceBlock(text, "x", "")).toThrow("exactly once");
    },
  );
});

describe("links", () => {
  it.each(documents)("of %s lead to files and headings that exist", (file) => {
    const links = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = links.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(file, target));
    expect(broken).toEqual([]);
  });

  it("to nothing are noticed", () => {
    expect(leadsSomewhere("README.md", "docs/nothing.md")).toBe(false);
    expect(leadsSomewhere("README.md", "#no-such-heading")).toBe(false);
  });
});

it("every command of the README exists", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const blocks = [...read("README.md").matchAll(/```sh\n([^]*?)```/g)].map(([, code = ""]) => code).join("\n");
  const commands = [...blocks.matchAll(/\b(npm run(?: -s)?|npm|npx|node) ([\w./-]+)/g)];
  const missing = commands.filter(([, tool = "", word = ""]) => {
    if (tool.startsWith("npm run")) return !(word in scripts);
    if (tool === "npx") return !existsSync(join(root, "node_modules/.bin", word));
    return tool === "node" ? !existsSync(join(root, word)) : !(word in scripts) && word !== "ci";
  });
  expect(commands.length).toBeGreaterThan(3);
  expect(missing).toEqual([]);
});

it("every name in the table of limits stands in the files beside it", () => {
  const lines = read("ARCHITECTURE.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes("](src/"));
  const wrong = lines.filter((line) => {
    const [, , names = "", , where = ""] = line.split("|");
    const sources = [...where.matchAll(/\((src\/[^)]+)\)/g)].map(([, file = ""]) => read(file)).join("\n");
    return [...names.matchAll(/`(\w+)`/g)].some(([, name = ""]) => !new RegExp(`\\b${name}\\b`).test(sources));
  });
  expect(lines.length).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});

describe("rows", () => {
  it("are found by the ids with which a title begins", () => {
    const [first, second] = ["N8-98", "I-ID-99"];
    expect(idsIn(`it("${first} ${second}: both", () => {}); test('${second}: one', run);`)).toEqual([
      first,
      second,
      second,
    ]);
    expect(idsIn(`it("about ${first}: in the middle"); // ${first}: in a comment`)).toEqual([]);
  });

  it("that tests name all exist", () => {
    const { rows } = readRows(root);
    expect([...findTested(root).keys()].filter((id) => !(id in rows))).toEqual([]);
  });

  it("are each in one group, and reasons and notes are of rows that exist", () => {
    const { rows, notYet, notes } = readRows(root);
    expect([...Object.keys(notYet), ...Object.keys(notes)].filter((id) => !(id in rows))).toEqual([]);
    expect(Object.keys(rows).filter((id) => !/^(?:N[1-8]-\d\d|F\d\d|I-[A-Z0-9]+-\d\d)$/.test(id))).toEqual([]);
  });
});

it("N8-08: every dependency is at least as new as the first safe version", () => {
  const versions = pinnedVersions(root);
  expect(versions.length).toBeGreaterThanOrEqual(5);
  expect(versions.filter(({ pinned, atLeast }) => compareVersions(pinned, atLeast) < 0)).toEqual([]);
  expect(compareVersions("3.51.2", "3.51.3")).toBeLessThan(0);
  expect(compareVersions("11.22.1", "11.8.0")).toBeGreaterThan(0);
});

function leadsSomewhere(file: string, target: string): boolean {
  const [path = "", heading] = target.split("#");
  const found = path === "" ? file : join(dirname(file), decodeURIComponent(path));
  if (!existsSync(join(root, found))) return false;
  return heading === undefined || headingsOf(read(found)).includes(heading);
}

/** As the usual hosts name them. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
