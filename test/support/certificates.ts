// Certificates made at run time, so that no key lies in the repository and no openssl is needed. Just enough DER
// (X.690) for an authority and what it signs (RFC 5280).
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export type Certificate = { cert: string; key: string };
export type Subject = { name: string; dns?: string[]; ips?: string[]; uris?: string[] };
export type Authority = { cert: string; issue(subject: Subject): Certificate };

/** A fresh authority with a P-256 key, and certificates of its own making, valid for an hour around now. */
export function createAuthority(name = "Test authority"): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const build = (subject: string, holder: KeyObject, extensions: Buffer[]) => {
    const body = toBeSigned({ issuer: name, subject, holder, extensions });
    return pem(sequence(body, ecdsaSha256, bits(sign("sha256", body, privateKey))));
  };
  return {
    cert: build(name, publicKey, [extension("2.5.29.19", sequence(yes), true)]),
    issue(subject) {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const cert = build(subject.name, pair.publicKey, [extension("2.5.29.17", alternativeNames(subject))]);
      return { cert, key: pair.privateKey.export({ type: "pkcs8", format: "pem" }) };
    },
  };
}

type Body = { issuer: string; subject: string; holder: KeyObject; extensions: Buffer[] };

function toBeSigned({ issuer, subject, holder, extensions }: Body): Buffer {
  const now = Date.now();
  return sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaSha256,
    distinguishedName(issuer),
    sequence(time(now - 1_800_000), time(now + 1_800_000)),
    distinguishedName(subject),
    holder.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions)),
  );
}

const alternativeNames = ({ dns = [], ips = [], uris = [] }: Subject): Buffer =>
  sequence(
    ...dns.map((name) => element(0x82, Buffer.from(name))),
    ...uris.map((uri) => element(0x86, Buffer.from(uri))),
    ...ips.map((ip) => element(0x87, isIPv4(ip) ? Buffer.from(ip.split(".").map(Number)) : Buffer.alloc(16))),
  );

const element = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};

const sequence = (...parts: Buffer[]) => element(0x30, ...parts);
const tagged = (number: number, part: Buffer) => element(0xa0 + number, part);
const integer = (bytes: Buffer) => element(0x02, bytes);
const bits = (bytes: Buffer) => element(0x03, Buffer.from([0]), bytes);
const yes = element(0x01, Buffer.from([255]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const base128 = (value: number): number[] =>
    value < 128 ? [value] : [...base128(value >> 7).map((byte) => byte | 128), value & 127];
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

const ecdsaSha256 = sequence(oid("1.2.840.10045.4.3.2"));

const distinguishedName = (name: string) =>
  sequence(element(0x31, sequence(oid("2.5.4.3"), element(0x0c, Buffer.from(name)))));

const time = (at: number) =>
  element(0x18, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, "").slice(0, 14)}Z`));

const extension = (id: string, value: Buffer, critical = false) =>
  sequence(oid(id), ...(critical ? [yes] : []), element(0x04, value));

const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
