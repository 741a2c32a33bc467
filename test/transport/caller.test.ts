// Who calls, and may they: every credential there is, alone, wrong, doubled and foreign.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { unavailable } from "../../src/failure.ts";
import { AccessSchema } from "../../src/gen/tessera/options/v1/options_pb.ts";
import { authorize } from "../../src/transport/access.ts";
import { uriNames } from "../../src/transport/credentials.ts";
import { app, type Asking, bearer, client, disabled, generate, world } from "../support/callers.ts";
import { basic, callerParts } from "../support/doors.ts";

const { ask } = world();

const unauthenticated = {
  kind: "unauthenticated",
  reason: "INVALID_CLIENT",
  message: "the client is not authenticated",
};

describe("a good credential", () => {
  it("is a secret, a certificate or a token, and says so", async () => {
    expect(await ask(client())).toBe("secret app");
    expect(await ask({ certificateUris: ["spiffe://mesh/app"] })).toBe("certificate app");
    expect(await ask(bearer)).toBe("user app");
    expect(await ask(generate())).toBe("secret app");
  });

  it("may come with a certificate that names the same application, and with no other", async () => {
    expect(await ask({ ...client(), certificateUris: ["spiffe://mesh/app"] })).toBe("secret app");
    await expect(ask({ ...client(), certificateUris: ["spiffe://mesh/other"] })).rejects.toMatchObject(unauthenticated);
    await expect(ask({ ...bearer, certificateUris: ["spiffe://mesh/other"] })).rejects.toMatchObject(unauthenticated);
  });

  it("N6-03: is split at the first colon and form-decoded, so that a secret may hold any character", async () => {
    const odd = "a:b c+d%e&ü\u{1f511}";
    const presented: string[] = [];
    const spy = world({
      secrets: {
        verify: async (check) => {
          presented.push(check.presented);
          return { kind: "ok", until: 0 };
        },
      },
    });
    await spy.ask(client("app", odd));
    await spy.ask({ authorization: [`basic ${Buffer.from("app:a+b:c").toString("base64")}`] });
    expect(presented).toEqual([odd, "a b:c"]);
  });
});

describe("no credential, or a wrong one", () => {
  it("N6-01: gets one answer, whatever was wrong with it", async () => {
    const offers: Asking[] = [
      {},
      client("app", "wrong"),
      client("nobody"),
      client("off-application"),
      client("off-project"),
      client("off-tenant"),
      client("../etc/passwd"),
      { certificateUris: ["spiffe://mesh/stranger"] },
      generate({ secretId: "wrong" }),
      generate({ clientId: "nobody" }),
      generate({ tenantId: "t2" }),
      generate({ projectId: "p2" }),
    ];
    for (const offer of offers) await expect(ask(offer)).rejects.toMatchObject(unauthenticated);
  });

  it("N6-01: an unknown application costs a check of its secret, as a known one does", async () => {
    const { ask, checked } = world();
    await ask(client("app", "wrong")).catch(() => {});
    await ask(client("nobody", "wrong")).catch(() => {});
    expect(checked).toEqual(["app", "nobody"]);
  });

  it("N6-04: an empty secret is no secret, even where the store would say yes to it", async () => {
    const lax = world({ secrets: { verify: async () => ({ kind: "ok", until: 0 }) } });
    await expect(lax.ask(client("app", ""))).rejects.toMatchObject(unauthenticated);
    await expect(ask(generate({ secretId: "" }))).rejects.toMatchObject(unauthenticated);
  });

  it("N7-10: a bad bearer token is INVALID_TOKEN, and so is one of a disabled application", async () => {
    const refused = { kind: "unauthenticated", reason: "INVALID_TOKEN" };
    await expect(ask({ authorization: ["Bearer bad-token"] })).rejects.toMatchObject(refused);
    const off = world({
      verifyBearer: async () => ({
        ...(await callerParts({}).verifyBearer("good-token", 0)),
        client: disabled("tenant"),
      }),
    });
    await expect(off.ask(bearer)).rejects.toMatchObject(refused);
  });

  it("is not the answer when what would know is down", async () => {
    const down = () => Promise.reject(unavailable("down"));
    const { ask } = world({ secrets: { verify: down }, verifyBearer: down, findClientByCertificate: down });
    for (const offer of [client(), bearer, { certificateUris: ["spiffe://mesh/app"] }]) {
      await expect(ask(offer)).rejects.toMatchObject({ kind: "unavailable" });
    }
  });

  it("N7-03: is what every credential counts as over plaintext from elsewhere", async () => {
    for (const offer of [client(), bearer, generate()]) {
      await expect(ask({ ...offer, secure: false })).rejects.toMatchObject({ kind: "unauthenticated" });
    }
  });
});

describe("two credentials at once", () => {
  it("N6-02 N7-07: are refused, good or bad, doubled, joined or of two kinds", async () => {
    const offers: Asking[] = [
      { authorization: [basic(), basic()] },
      { authorization: ["Bearer good-token", "Bearer good-token"] },
      { authorization: [basic(), "Bearer good-token"] },
      { authorization: ["Bearer good-token, Bearer good-token"] },
      { authorization: [`${basic()}, ${basic()}`] },
      { ...client(), ...generate() },
    ];
    for (const offer of offers) await expect(ask(offer)).rejects.toMatchObject({ kind: "invalid" });
  });

  it("N6-02: a header of another scheme, without a colon or badly encoded is refused", async () => {
    const encoded = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    for (const header of ["", "Bearer", "Digest abc", encoded("app"), encoded(":x"), encoded("app:%zz"), "Basic !"]) {
      await expect(ask({ authorization: [header] })).rejects.toMatchObject({ kind: "invalid" });
    }
  });
});

describe("a certificate", () => {
  it("N6-06: needs exactly one URI name", async () => {
    const certificateUris = ["spiffe://mesh/app", "spiffe://mesh/app"];
    await expect(ask({ certificateUris })).rejects.toMatchObject(unauthenticated);
  });

  it("N6-06: is read strictly, so that no name hides a URI inside another", () => {
    expect(uriNames("DNS:a.example, URI:spiffe://mesh/app, IP Address:127.0.0.1")).toEqual(["spiffe://mesh/app"]);
    expect(uriNames('DNS:"a, URI:spiffe://mesh/app", URI:spiffe://mesh/b')).toEqual(["spiffe://mesh/b"]);
    expect(uriNames('URI:"spiffe://mesh/a\\u002cb"')).toEqual(["spiffe://mesh/a,b"]);
    expect(uriNames('URI:spiffe://mesh/app, URI:"unfinished')).toEqual([]);
    expect(uriNames("")).toEqual([]);
  });
});

describe("a public application", () => {
  const page = (origin?: string, method: Asking["method"] = "refresh") => ({ ...client("page", ""), origin, method });

  it("N7-12: names itself from an origin of its own, compared to the last character", async () => {
    expect(await ask(page("https://app.example"))).toBe("public page");
    for (const origin of [
      "https://app.example.evil",
      "https://app.example/",
      "http://app.example",
      "null",
      undefined,
    ]) {
      await expect(ask(page(origin))).rejects.toMatchObject(unauthenticated);
    }
  });

  it("needs no origin where it is native", async () => {
    expect(await ask({ ...client("native", ""), method: "refresh" })).toBe("public native");
  });

  it("N6-04: may use no method that wants proof", async () => {
    for (const method of ["introspect", "generateToken"] as const) {
      await expect(ask({ ...page("https://app.example", method) })).rejects.toMatchObject({
        kind: "denied",
        reason: "UNAUTHORIZED_CLIENT",
      });
    }
  });
});

describe("a caller that is known but not meant", () => {
  it("N6-10: is denied by the method's own list, kind by kind", async () => {
    const denied = { kind: "denied", reason: "UNAUTHORIZED_CLIENT" };
    await expect(ask({ ...client(), method: "oidcToken" })).rejects.toMatchObject(denied);
    await expect(ask({ ...bearer, method: "exchange" })).rejects.toMatchObject(denied);
    expect(await ask({ ...bearer, method: "oidcToken" })).toBe("user app");
  });

  it("N6-10: a method without an access option is nobody's, and of several permissions one is enough", async () => {
    const caller = { kind: "user", client: app, permissions: new Set(["user:read"]) } as const;
    const user = { ...caller, claims: (await callerParts({}).verifyBearer("good-token", 0)).claims };
    const needing = (...permissions: string[]) => ({ access: create(AccessSchema, { permissions }) });
    expect(() => authorize({ access: undefined }, user)).toThrow("nobody");
    expect(() => authorize(needing("user:write", "user:read"), user)).not.toThrow();
    expect(() => authorize(needing("user:write"), user)).toThrow(
      expect.objectContaining({ kind: "denied", reason: "INSUFFICIENT_SCOPE" }),
    );
  });

  it("N7-12: a page may not use another application's credential, however good", async () => {
    await expect(ask({ ...client(), origin: "https://evil.example" })).rejects.toMatchObject({ kind: "denied" });
    await expect(ask({ ...bearer, origin: "https://evil.example" })).rejects.toMatchObject({ kind: "denied" });
  });
});
