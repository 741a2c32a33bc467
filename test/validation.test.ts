// The rules of every request: that they compile at all is said here, because the service compiles them while it serves.
import { readdirSync } from "node:fs";
import { create, type DescFile, type DescMessage } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Failure } from "../src/failure.ts";
import { AuthService } from "../src/gen/tessera/auth/v1/auth_pb.ts";
import { compileRules, createValidation, type Validate } from "../src/validation.ts";

const root = new URL("../src/gen/tessera/", import.meta.url);
const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("_pb.ts"));
const loaded = await Promise.all(names.map((name) => import(new URL(name, root).href)));
const isFile = (value: unknown): value is DescFile =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
const services = loaded.flatMap((file) => Object.values<unknown>(file).filter(isFile)).flatMap((file) => file.services);
const requests = [...new Set(services.flatMap(({ methods }) => methods.map(({ input }) => input)))];

describe("the rules of every request", () => {
  const validate = createValidation();

  it("are of more than one service", () => expect(requests.length).toBeGreaterThan(AuthService.methods.length));

  it.each(requests.map((desc): [string, DescMessage] => [desc.typeName, desc]))("%s compile", (_, desc) => {
    try {
      validate(desc, create(desc));
    } catch (thrown) {
      // Refusing an empty request takes rules that work.
      expect(thrown).toBeInstanceOf(Failure);
      expect(thrown).toMatchObject({ kind: "invalid" });
    }
  });
});

describe("compiling rules ahead of the calls", () => {
  const [first, second] = AuthService.methods.map(({ input }) => input) as [DescMessage, DescMessage];

  it("asks for each message once, refused or not", async () => {
    const asked: string[] = [];
    const validate: Validate = (desc) => {
      asked.push(desc.typeName);
      throw new Failure("invalid", "an empty request");
    };
    await compileRules(validate, [first, second]);
    expect(asked).toEqual([first.typeName, second.typeName]);
  });

  it("names the message whose rules do not compile", async () => {
    const compiled = compileRules(() => {
      throw new Error("no such overload");
    }, [first]);
    await expect(compiled).rejects.toMatchObject({
      kind: "internal",
      message: expect.stringContaining(first.typeName),
    });
  });
});
