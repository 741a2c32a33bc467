// What verifiers read and what operators ask.
import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { unavailable } from "../../src/failure.ts";
import { type DoorOptions, keySet, openDoors } from "../support/doors.ts";

type Doors = Awaited<ReturnType<typeof openDoors>>;
const open: Doors[] = [];
const openDoor = async (options: DoorOptions = {}) => {
  const doors = await openDoors(options);
  open.push(doors);
  return doors;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((doors) => doors.close()));
});

describe("what verifiers read", () => {
  it("is the key set at both paths, cached and revalidated by its tag", async () => {
    const { url } = await openDoor();
    for (const path of ["/.well-known/jwks.json", "/oidc/jwks"]) {
      const first = await fetch(url + path);
      expect(await first.text()).toBe(keySet.body);
      expect(first.headers.get("cache-control")).toBe("public, max-age=300");
      const again = (tag: string) => fetch(url + path, { headers: { "if-none-match": tag }, cache: "no-store" });
      for (const tag of [keySet.etag, `W/${keySet.etag}`, `"zero", ${keySet.etag}`, "*"]) {
        const { status, headers } = await again(tag);
        expect([status, headers.get("etag")]).toEqual([304, keySet.etag]);
      }
      expect((await again('"zero"')).status).toBe(200);
    }
  });

  it("N7-16: is metadata with the issuer byte for byte, where its path puts it, and of nothing that is not served", async () => {
    for (const [issuer, path] of [
      ["https://sts.example", ""],
      ["https://sts.example/", ""],
      ["https://sts.example/a/b", "/a/b"],
    ] as const) {
      const { url } = await openDoor({ issuer });
      const oauth = await (await fetch(`${url}/.well-known/oauth-authorization-server${path}`)).json();
      const jwksUri = `https://sts.example${path}/.well-known/jwks.json`;
      expect(oauth).toEqual({ issuer, jwks_uri: jwksUri, response_types_supported: [] });
      for (const place of [`${path}/.well-known/openid-configuration`, `/.well-known/openid-configuration${path}`]) {
        const openid = await (await fetch(url + place)).json();
        expect(openid).toMatchObject({ issuer, id_token_signing_alg_values_supported: ["ES256"] });
      }
      expect((await fetch(url + new URL(jwksUri).pathname)).status).toBe(200);
    }
  });

  it("N7-15 I-TEN-04: does not change with the Host or a Forwarded header", async () => {
    const { http } = await openDoor();
    const headers = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example;proto=http",
    };
    const body = await new Promise<string>((resolve) => {
      const path = "/.well-known/openid-configuration";
      request({ port: http.port, host: "127.0.0.1", path, headers }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString())).on("end", () => resolve(text));
      }).end();
    });
    expect(JSON.parse(body)).toMatchObject({ issuer: "https://sts.example" });
    expect(body).not.toContain("evil");
  });
});

describe("what operators ask", () => {
  it("is whether it lives, whether it is ready, and what it did", async () => {
    const { url, post } = await openDoor();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, checks: { store: true } });
    await post("/trpc/auth.revoke", { token: "x" });
    await post("/trpc/auth.refresh", { refresh_token: "x" });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('_count{method="tessera.auth.v1.AuthService/Revoke",outcome="ok"} 1');
    expect(metrics).toContain('failures_total{method="tessera.auth.v1.AuthService/Refresh",kind="badToken"} 1');
  });

  it("is 503 where it is not ready, and where it cannot be known", async () => {
    const notYet = await openDoor({ ready: async () => ({ ok: false, checks: { store: false } }) });
    expect((await fetch(`${notYet.url}/readyz`)).status).toBe(503);
    const broken = await openDoor({ ready: () => Promise.reject(unavailable("the disk said no")) });
    const response = await fetch(`${broken.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "temporarily_unavailable" });
  });
});
