// Both doors behind TLS: who a client certificate is, and connections that never finish their handshake.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TlsSettings } from "../../src/config.ts";
import { AuthService } from "../../src/gen/tessera/auth/v1/auth_pb.ts";
import { createHttpServer, grpcFront } from "../../src/transport/tls.ts";
import { createAuthority } from "../support/certificates.ts";
import { application, basic, caller, openDoors } from "../support/doors.ts";

const authority = createAuthority();
const server = authority.issue({ name: "localhost", dns: ["localhost"], ips: ["127.0.0.1"] });
const clientOf = (...uris: string[]) => authority.issue({ name: "client", uris });

let folder = "";
let doors: Awaited<ReturnType<typeof openDoors>>;
let stop = () => {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-doors-"));
  const [certFile, keyFile, clientCaFile] = ["cert.pem", "key.pem", "ca.pem"].map((name) => join(folder, name));
  const tls: TlsSettings = { certFile: certFile ?? "", keyFile: keyFile ?? "", clientAuth: "all" };
  await writeFile(tls.certFile, server.cert);
  await writeFile(tls.keyFile, server.key);
  await writeFile(clientCaFile ?? "", authority.cert);
  const settings = { ...tls, clientCaFile: clientCaFile ?? "" };
  const made = await grpcFront(settings);
  stop = made.close;
  doors = await openDoors({
    clients: [application(), application({ id: "other" })],
    certificates: { "spiffe://mesh/app": application() },
    grpc: {
      front: made,
      secure: true,
      limits: { handshakeMs: 300, connections: 100, connectionsPerSource: 100 },
    },
    createServer: (handler) => createHttpServer(settings, handler),
  });
});
afterAll(async () => {
  await doors.close();
  stop();
  await rm(folder, { recursive: true });
});

const byGrpc = async (uris: string[], authorization = "") => {
  const { cert, key } = clientOf(...uris);
  const tls = credentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert));
  const client = new Client(`localhost:${doors.grpc.port}`, tls);
  try {
    const answer = await caller(client)(AuthService.method.introspect, { token: "live" }, { authorization });
    return answer.sub;
  } catch (error) {
    return (error as { code: number }).code;
  } finally {
    client.close();
  }
};

const byHttp = (uris: string[], authorization = "") =>
  new Promise<string | number | undefined>((resolve, reject) => {
    const headers = { "content-type": "application/json", ...(authorization !== "" && { authorization }) };
    const options = { ...clientOf(...uris), ca: authority.cert, agent: false, method: "POST", headers };
    const path = "/trpc/auth.introspect";
    request({ host: "127.0.0.1", port: doors.http.port, path, ...options }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(/"sub":"([^"]*)"/.exec(text)?.[1] ?? response.statusCode));
    })
      .on("error", reject)
      .end('{"token":"live"}');
  });

describe("a client certificate", () => {
  it("N6-06: with exactly one known URI name is who it names, at both doors", async () => {
    expect(await byGrpc(["spiffe://mesh/app"])).toBe("certificate app");
    expect(await byHttp(["spiffe://mesh/app"])).toBe("certificate app");
  });

  it("N6-06: with another name, with two, or with none names nobody", async () => {
    for (const uris of [["spiffe://mesh/other"], ["spiffe://mesh/app", "spiffe://mesh/b"], []]) {
      expect(await byGrpc(uris)).toBe(16);
      expect(await byHttp(uris)).toBe(401);
    }
  });

  it("goes with a secret of the same application and no other", async () => {
    expect(await byGrpc(["spiffe://mesh/app"], basic())).toBe("secret app");
    expect(await byGrpc(["spiffe://mesh/app"], basic("other"))).toBe(16);
    expect(await byHttp(["spiffe://mesh/app"], basic("other"))).toBe(401);
  });
});

describe("a connection", () => {
  it("F15: that is silent, or breaks off its TLS handshake, is closed", async () => {
    const ended = (first: Buffer) =>
      new Promise<void>((resolve) => {
        const socket = connect(doors.grpc.port, "127.0.0.1", () => socket.write(first));
        socket.on("error", () => {}).once("close", () => resolve());
        socket.resume();
      });
    // The head of a record that promises 512 bytes of handshake.
    await Promise.all([ended(Buffer.alloc(0)), ended(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))]);
  });
});
