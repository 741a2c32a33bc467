// Addresses of the inside, in every spelling there is: the outbound client opens no socket to them, and asks no resolver.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { createOutbound, isPublic } from "../../src/tokens/outbound.ts";
import { answering, outcome, startIssuer, type UpstreamIssuer, watchSockets } from "../support/upstream-issuer.ts";

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

describe("addresses of the inside", () => {
  const literals = [
    "127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1 0177.1 017700000001 127.0.0.1.",
    "127.255.255.254 １２７.0.0.1 127。0。0。1 ①27.0.0.1 %31%32%37.0.0.1 0 0.0.0.0 0x0 00.0.0.0 0.1.2.3 10.0.0.1 10.1",
    "0xa000001 012.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 0xac.0x10.0.1 192.168.0.1 192.168.257",
    "3232235521 0xc0a80001 169.254.169.254 169.254.43518 2852039166 0xa9fea9fe 0251.0376.0251.0376",
    "0xa9.0xfe.0xa9.0xfe 100.64.0.1 100.127.255.255 100.100.100.200 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1",
    "198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255",
    "4294967295 [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:a00:1]",
    "[0:0:0:0:0:ffff:169.254.169.254] [::ffff:8.8.8.8] [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a00:1] [2002:7f00:1::] [2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:10::1] [2001:db8::1] [3fff::1] [5f00::1] [100::1] [fc00::1]",
    "[fd00:ec2::254] [fdff:ffff::1] [fe80::1] [febf::1] [fec0::1] [ff02::1] [ff0e::1] [fe80::1%25lo] [4000::1]",
  ].flatMap((line) => line.split(" "));

  it("I-SSRF-02: there are at least 80 spellings in the table", () => {
    expect(new Set(literals).size).toBeGreaterThanOrEqual(80);
  });

  it.each(literals)("I-SSRF-02: https://%s/ opens no socket", async (host) => {
    const { asked, resolve } = answering("127.0.0.1");
    expect(await outcome(`https://${host}/`, { allow: [], resolve })).toBe("unavailable");
    expect(await outcome(`https://${host}:8443/jwks`, { allow: [], resolve })).toBe("unavailable");
    expect({ opened: sockets.opened, asked }).toEqual({ opened: 0, asked: [] });
  });

  it.each([
    "localhost",
    "localhost.",
    "LOCALHOST",
    "127.0.0.1.nip.example",
    "metadata.internal",
    "intra",
    "xn--n3h.example",
  ])("I-SSRF-02: a name (%s) counts by what it resolves to", async (host) => {
    for (const address of ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%lo", "not an address"]) {
      expect(await outcome(`https://${host}/`, { allow: [], ...answering(address) })).toBe("unavailable");
    }
    expect(await outcome(`https://${host}/`, { allow: [], ...answering() })).toBe("unavailable");
    expect(sockets.opened).toBe(0);
  });

  it.each([
    ["9.255.255.255", "10.0.0.0"],
    ["11.0.0.0", "10.255.255.255"],
    ["100.63.255.255", "100.64.0.0"],
    ["100.128.0.0", "100.127.255.255"],
    ["126.255.255.255", "127.0.0.0"],
    ["128.0.0.0", "127.255.255.255"],
    ["169.253.255.255", "169.254.0.0"],
    ["169.255.0.0", "169.254.255.255"],
    ["172.15.255.255", "172.16.0.0"],
    ["172.32.0.0", "172.31.255.255"],
    ["192.167.255.255", "192.168.0.0"],
    ["192.169.0.0", "192.168.255.255"],
    ["198.17.255.255", "198.18.0.0"],
    ["198.20.0.0", "198.19.255.255"],
    ["223.255.255.255", "224.0.0.0"],
    ["1.0.0.0", "0.255.255.255"],
    ["2000::", "1fff::ffff"],
    ["3ffe::1", "3fff::1"],
    ["2001:200::1", "2001:1ff::1"],
    ["2003::1", "2002::1"],
    ["2606:4700::1111", "4000::"],
  ])("I-SSRF-02: %s is of the internet and %s, beyond the edge, is not", (outside, inside) => {
    expect(isPublic({ address: outside })).toBe(true);
    expect(isPublic({ address: inside })).toBe(false);
  });

  it("the allow list opens exactly what it names", async () => {
    expect(await outcome(`${idp.issuer}/jwks`)).toMatchObject({ status: 200 });
    expect(await outcome(`${idp.issuer}/jwks`.replace("127.0.0.1", "127.0.0.2"))).toBe("unavailable");
    expect(await outcome(`${idp.issuer}/jwks`.replace("127.0.0.1", "[::ffff:127.0.0.1]"))).toBe("unavailable");
    expect(sockets.opened).toBe(1);
  });

  it.each(["127.0.0.1", "127.0.0.1/33", "::/129", "10/8", "localhost/8", "10.0.0.0/-1", ""])(
    "an allow list with %j in it is refused at the start",
    (cidr) => {
      expect(() => createOutbound({ allow: [cidr], allowPlain: false })).toThrow(Failure);
    },
  );
});
