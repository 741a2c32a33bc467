// Builds dist/, the service as it is shipped: all its code and all packages but the native one in a few files, because
// reading a thousand small ones takes a start of a second. Usage: node scripts/build.ts [folder]
import { copyFile, cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputOptions, type RolldownOptions, rolldown } from "rolldown";
import { leanerPackages } from "./build/leaner-packages.ts";
import { unreadGetters } from "./build/unread-getters.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const input: RolldownOptions = {
  cwd: root,
  platform: "node",
  // The writer's thread starts from a file of its own.
  input: { main: "src/main.ts", "writer-thread": "src/store/writer-thread.ts" },
  external: [
    // Native: it looks for its binary beside itself.
    "better-sqlite3",
    // For development; the service says what is missing where it is asked for.
    "@grpc/reflection",
  ],
  plugins: [leanerPackages, unreadGetters],
};

const output: OutputOptions = {
  format: "esm",
  // All in one folder: the code finds its thread, migrations and demo beside the file that asks for them.
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  codeSplitting: {
    // One sign beyond Latin-1, which these have, doubles what the text of the whole file takes in memory.
    groups: [{ name: "beyond-latin", test: /node_modules\/(yaml|pino)\// }],
  },
  // Names stay: of errors in the log, and of functions in their stacks.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  comments: false,
  // Beside each file for whoever wants to read a stack; Node does not load them, which would cost every start.
  sourcemap: "hidden",
};

/** What the code reads at run time, from `src` to its place in the build. */
const files = { "store/migrations/sqlite": "migrations/sqlite", "dev/demo.yaml": "demo.yaml" };

/** Makes the folder anew. The result needs Node and the package better-sqlite3 from a node_modules above it. */
export async function build(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const bundle = await rolldown(input);
  try {
    await bundle.write({ ...output, dir: folder });
  } finally {
    await bundle.close();
  }
  for (const [from, to] of Object.entries(files))
    await cp(join(root, "src", from), join(folder, to), { recursive: true });
  await copyFile(join(root, "bin/tessera.js"), join(folder, "tessera.js"));
  // Without it Node reads every file twice to find out.
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
}

if (import.meta.main) await build(process.argv[2] ?? join(root, "dist"));
