// How the outbound client goes out, and how much it takes from whom it asks. Where it may go: upstream/addresses.test.ts.
import { once } from "node:events";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { type Address, createOutbound, type OutboundParts } from "../../src/tokens/outbound.ts";
import { createAuthority } from "../support/certificates.ts";
import {
  answering,
  answerStatus,
  type Fault,
  hang,
  loopback,
  outcome,
  reset,
  send,
  startIssuer,
  type UpstreamIssuer,
  watchSockets,
} from "../support/upstream-issuer.ts";

const forever = () => new AbortController().signal;

let idp: UpstreamIssuer;
let sockets: ReturnType<typeof watchSockets>;
beforeEach(async () => {
  idp = await startIssuer();
  sockets = watchSockets();
});
afterEach(async () => {
  sockets.stop();
  await idp.close();
});

describe("I-SSRF-03: names that change their answer", () => {
  it("I-SSRF-03: a name is asked once, and the peer is the address that was checked", async () => {
    const answers = ["127.0.0.1", "169.254.169.254"];
    let asked = 0;
    const resolve = async (): Promise<Address[]> => [{ address: answers[asked++] ?? "", family: 4 }];
    const peers: (string | undefined)[] = [];
    idp.faults.jwks = (request, response) => {
      peers.push(request.socket.localAddress);
      send("{}")(request, response);
    };
    const url = `${idp.issuer}/jwks`.replace("127.0.0.1", "rebinding.example");
    expect(await outcome(url, { resolve })).toMatchObject({ status: 200 });
    expect({ asked, peers }).toEqual({ asked: 1, peers: ["127.0.0.1"] });
    expect(await outcome(url, { resolve })).toBe("unavailable");
    expect(sockets.opened).toBe(1);
  });

  it("I-SSRF-03: of a good and a forbidden address only the good one is connected to", async () => {
    const url = `${idp.issuer}/jwks`.replace("127.0.0.1", "both.example");
    expect(await outcome(url, answering("169.254.169.254", "127.0.0.1"))).toMatchObject({ status: 200 });
    expect(idp.counts.jwks).toBe(1);
  });
});

describe("I-SSRF-06: other ways in", () => {
  it.each([
    "file:///etc/passwd",
    "data:application/json,{}",
    "ftp://idp.example/",
    "gopher://idp.example/",
    "ws://idp.example/",
    "unix:/run/x.sock",
    "blob:https://idp.example/1",
    "javascript:1",
    "//idp.example/",
    "idp.example",
    "",
    "https://",
    "http+unix://%2Frun/x",
  ])("I-SSRF-06: %j is no address to go to", async (url) => {
    const { asked, resolve } = answering("127.0.0.1");
    expect(await outcome(url, { resolve })).toBe("unavailable");
    expect({ opened: sockets.opened, asked }).toEqual({ opened: 0, asked: [] });
  });

  it("http is refused unless allowed, and then still outside the allow list", async () => {
    expect(await outcome(`${idp.issuer}/jwks`, { allowPlain: false })).toBe("unavailable");
    expect(await outcome("http://idp.example/", answering("93.184.215.14"))).toBe("unavailable");
    expect(sockets.opened).toBe(0);
  });

  it("credentials in the URL are refused", async () => {
    expect(await outcome(idp.issuer.replace("://", "://user:secret@"))).toBe("unavailable");
    expect(await outcome(idp.issuer.replace("://", "://user@"))).toBe("unavailable");
    expect(sockets.opened).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])("I-SSRF-01 F10: a redirect (%i) is not followed", async (status) => {
    const elsewhere = await startIssuer();
    idp.faults.jwks = answerStatus(status, { location: `${elsewhere.issuer}/jwks` });
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
    expect(elsewhere.counts.jwks).toBe(0);
    await elsewhere.close();
  });
});

describe("what comes back", () => {
  it("answers status, body and headers of JSON, and sends method, headers and body", async () => {
    const seen: unknown[] = [];
    idp.faults.elsewhere = (request, response) => {
      request.on("data", (chunk: Buffer) => seen.push(request.method, request.headers["x-one"], chunk.toString()));
      request.on("end", () => send('{"ok":true}', "application/json; charset=utf-8")(request, response));
    };
    const request = { method: "POST", headers: { "x-one": "1" }, body: "a=b", signal: forever() } as const;
    const { status, body, headers } = await loopback().json(`${idp.issuer}/x`, request);
    expect({ status, body: { ...(body as object) }, type: headers["content-type"] }).toEqual({
      status: 200,
      body: { ok: true },
      type: "application/json; charset=utf-8",
    });
    expect(seen).toEqual(["POST", "1", "a=b"]);
  });

  it.each([400, 401, 403, 404, 429])("a %i is an answer, with its body if that is JSON", async (status) => {
    idp.faults.jwks = answerStatus(status);
    expect(await outcome(`${idp.issuer}/jwks`)).toMatchObject({ status, body: { error: "upstream words" } });
    idp.faults.jwks = answerStatus(status, { "content-type": "text/html" });
    expect(await outcome(`${idp.issuer}/jwks`)).toEqual({ status, body: undefined });
  });

  it.each([
    ["empty", ""],
    ["a web page", "<html>"],
    ["half of one", '{"error":'],
    ["deep", "[".repeat(100)],
    ["of a member twice", '{"error":1,"error":2}'],
  ])("F10: a 401 is the same answer where its JSON is %s, and a 200 with it is none", async (_name, body) => {
    const saying = (status: number): Fault => {
      return (_request, response) => response.writeHead(status, { "content-type": "application/json" }).end(body);
    };
    idp.faults.jwks = saying(401);
    expect(await outcome(`${idp.issuer}/jwks`)).toEqual({ status: 401, body: undefined });
    idp.faults.jwks = saying(200);
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
  });

  it("F09: a 401 that is too long, or breaks off, is trouble upstream", async () => {
    const type = { "content-type": "application/json" };
    idp.faults.jwks = (_request, response) => response.writeHead(401, type).end(`"${"a".repeat(256 * 1024)}"`);
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
    idp.faults.jwks = (_request, response) => {
      response.writeHead(401, { ...type, "content-length": "20" }).write("{", () => response.destroy());
    };
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
  });

  it.each([
    ["F09: 500", answerStatus(500)],
    ["F09: 503 with Retry-After", answerStatus(503, { "retry-after": "1" })],
    ["F09: a reset", reset],
    ["F10: HTML", send("<html>", "text/html")],
    ["F10: JSON called text", send("{}", "text/plain")],
    ["F10: no content type", send("{}", "")],
    ["F10: a type that only begins like JSON", send("{}", "application/jsonx")],
    ["F10: a signed answer", send("{}", "application/jwt")],
    ["F10: something else than JSON", send("<html>")],
    ["F10: half of it", send('{"keys":[')],
    ["F10: deep JSON", send("[".repeat(100_000))],
    ["F10: a duplicate member", send('{"a":1,"a":2}')],
    ["F10: 10 MB", send(`"${"a".repeat(10_000_000)}"`)],
    ["F10: compressed", answerStatus(200, { "content-encoding": "gzip" })],
  ])("%s is trouble upstream, never an answer", async (_name, fault) => {
    idp.faults.jwks = fault;
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
  });

  it("F10: 256 KiB pass and one byte more does not", async () => {
    const limit = 256 * 1024;
    idp.faults.jwks = send(`"${"a".repeat(limit - 2)}"`);
    expect(await outcome(`${idp.issuer}/jwks`)).toMatchObject({ status: 200 });
    idp.faults.jwks = send(`"${"a".repeat(limit - 1)}"`);
    expect(await outcome(`${idp.issuer}/jwks`)).toBe("unavailable");
  });

  it.each(["application/json", "application/jwk-set+json", "Application/JSON;charset=utf-8", "application/vnd.x+json"])(
    "%s is JSON",
    async (type) => {
      idp.faults.jwks = send("{}", type);
      expect(await outcome(`${idp.issuer}/jwks`)).toMatchObject({ status: 200 });
    },
  );
});

describe("where the status is enough", () => {
  const status = (fault: Fault) => {
    idp.faults.elsewhere = fault;
    return loopback()
      .status(`${idp.issuer}/x`, { method: "POST", body: "{}", signal: forever() })
      .catch((error: unknown) => (error instanceof Failure ? error.kind : error));
  };

  it.each([200, 202, 204, 400, 404, 429])("a %i is an answer, whatever its body is", async (code) => {
    expect(await status(answerStatus(code, { "content-type": "text/html" }))).toBe(code);
  });

  it.each([302, 500, 503])("F09 F10: a %i is trouble upstream, and so is no answer", async (code) => {
    expect(await status(answerStatus(code, { location: idp.issuer }))).toBe("unavailable");
    expect(await status(reset)).toBe("unavailable");
  });
});

describe("addresses to connect to", () => {
  const addresses = (host: string, resolve?: OutboundParts["resolve"]) =>
    createOutbound({ allow: ["127.0.0.0/8"], allowPlain: true, ...(resolve && { resolve }) })
      .addresses(host, forever())
      .catch((error: unknown) => (error instanceof Failure ? error.kind : error));

  it("I-SSRF-03: are those of the host that may be reached", async () => {
    const { resolve } = answering("169.254.169.254", "93.184.215.14", "127.0.0.1", "10.0.0.1");
    expect(await addresses("mail.example", resolve)).toEqual(["93.184.215.14", "127.0.0.1"]);
    expect(await addresses("127.0.0.1")).toEqual(["127.0.0.1"]);
  });

  it("I-SSRF-01: are none of a host inside, and then nobody is asked", async () => {
    expect(await addresses("mail.example", answering("10.0.0.1").resolve)).toBe("unavailable");
    expect(await addresses("[::1]")).toBe("unavailable");
    expect(sockets.opened).toBe(0);
  });
});

describe("F09: hosts that take their time", () => {
  it("F09: the caller's signal ends a request, before and while it runs", async () => {
    idp.faults.jwks = hang;
    expect(await outcome(`${idp.issuer}/jwks`, {}, AbortSignal.abort())).toBe("unavailable");
    expect(idp.counts.jwks).toBe(0);
    expect(await outcome(`${idp.issuer}/jwks`, {}, AbortSignal.timeout(100))).toBe("unavailable");
    expect(idp.counts.jwks).toBe(1);
  });

  it("F09: a byte a second, and a name that never resolves, end by themselves", async () => {
    idp.faults.jwks = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const drip = setInterval(() => response.write(" "), 1_000);
      response.once("close", () => clearInterval(drip));
    };
    const never = () => new Promise<Address[]>(() => undefined);
    const slow = [outcome(`${idp.issuer}/jwks`), outcome("https://idp.example/", { resolve: never })];
    expect(await Promise.all(slow)).toEqual(["unavailable", "unavailable"]);
  });

  it("F09: a host that never shakes hands is given up before one that never answers", async () => {
    const silent = createSocketServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    idp.faults.jwks = hang;
    const ended: string[] = [];
    const late = outcome(`${idp.issuer}/jwks`).finally(() => ended.push("never answered"));
    const mute = outcome(`https://127.0.0.1:${port}/`).finally(() => ended.push("never shook hands"));
    expect(await Promise.all([mute, late])).toEqual(["unavailable", "unavailable"]);
    expect(ended).toEqual(["never shook hands", "never answered"]);
    silent.close();
  });
});

describe("TLS", () => {
  const authority = createAuthority();
  const trusted = getCACertificates("default");
  const serveTls = async (names: { dns?: string[]; ips?: string[] }) => {
    const server = createTlsServer(authority.issue({ name: "idp", ...names }), (request, response) =>
      send("{}")(request, response),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, port: (server.address() as AddressInfo).port };
  };
  afterEach(() => setDefaultCACertificates(trusted));

  it("the certificate has to fit the name, though the address is pinned", async () => {
    setDefaultCACertificates([...trusted, authority.cert]);
    const { server, port } = await serveTls({ dns: ["idp.example"] });
    const names = answering("127.0.0.1");
    expect(await outcome(`https://idp.example:${port}/`, names)).toMatchObject({ status: 200 });
    expect(await outcome(`https://other.example:${port}/`, names)).toBe("unavailable");
    server.close();
  });

  it("F09: a certificate of nobody we trust is refused, and so is plain HTTP where TLS belongs", async () => {
    const { server, port } = await serveTls({ dns: ["idp.example"] });
    expect(await outcome(`https://idp.example:${port}/`, answering("127.0.0.1"))).toBe("unavailable");
    expect(await outcome(idp.issuer.replace("http:", "https:"))).toBe("unavailable");
    server.close();
  });
});
