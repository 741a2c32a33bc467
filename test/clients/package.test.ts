// What the client package may depend on, and that what it says about the contract is so.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { AuthService } from "../../clients/typescript/src/gen/tessera/auth/v1/auth_pb.ts";
import { isQuery } from "../../clients/typescript/src/router.ts";

const source = resolve(import.meta.dirname, "../../clients/typescript/src");

/** What a file needs when it runs, itself and through its own files; and which of the package's files those are. */
function needsOf(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  for (const statement of readFileSync(file, "utf8").matchAll(/^(?:im|ex)port (?!type\b)[^;]*?from "([^"]+)";/gms)) {
    const [text, name = ""] = statement;
    const onlyTypes = /\{[^}]*\}/
      .exec(text)?.[0]
      .slice(1, -1)
      .split(",")
      .every((one) => /^\s*(type\s|$)/.test(one));
    if (onlyTypes) continue;
    if (name.startsWith(".")) needsOf(resolve(dirname(file), name), files, packages);
    else packages.add(name);
  }
  return { files, packages };
}

it("the browser-safe entry needs @trpc/client and nothing else", () => {
  expect([...needsOf(`${source}/index.ts`).packages]).toEqual(["@trpc/client"]);
});

it("the entry for Node adds gRPC and Protobuf", () => {
  expect([...needsOf(`${source}/node.ts`).packages].map((name) => name.split("/").slice(0, 2).join("/"))).toEqual(
    expect.arrayContaining(["@trpc/client", "@grpc/grpc-js", "@bufbuild/protobuf"]),
  );
});

it("no file of the package reaches out of the package", () => {
  const { files } = needsOf(`${source}/node.ts`);
  expect(files.size).toBeGreaterThan(10);
  expect([...files].filter((file) => !file.startsWith(`${source}/`))).toEqual([]);
});

it("queries are the methods without side effects", () => {
  const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;
  for (const { localName, idempotency } of AuthService.methods) {
    expect([localName, isQuery(localName)]).toEqual([localName, idempotency === NO_SIDE_EFFECTS]);
  }
});
