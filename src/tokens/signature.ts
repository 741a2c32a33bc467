// Signatures by keys that Tessera holds (RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1), made and checked at once on
// the thread that asks: for elliptic curves that costs half of what handing them to another thread does.
import { type KeyObject, sign, verify } from "node:crypto";
import type { Algorithm } from "../policy/keys.ts";

/** Over the bytes of a text in UTF-8. */
export type Sign = (input: string) => Promise<Buffer>;
/** False for whatever is not a signature of the input by this key, whatever its form. */
export type CheckSignature = (input: string, signature: Uint8Array) => boolean;

type Form = {
  digest: string | null;
  /** What node:crypto says of a key of the algorithm. */
  key: { type: string; curve?: string };
  dsaEncoding?: "ieee-p1363";
};

const forms: Record<Algorithm, Form> = {
  ES256: { digest: "sha256", key: { type: "ec", curve: "prime256v1" }, dsaEncoding: "ieee-p1363" },
  ES384: { digest: "sha384", key: { type: "ec", curve: "secp384r1" }, dsaEncoding: "ieee-p1363" },
  EdDSA: { digest: null, key: { type: "ed25519" } },
  RS256: { digest: "sha256", key: { type: "rsa" } },
};

/** Throws an Error for a key of another algorithm. */
export function signerWith(privateKey: KeyObject, algorithm: Algorithm): Sign {
  const { digest, key, dsaEncoding } = formOf(privateKey, algorithm);
  const options = { key: privateKey, ...(dsaEncoding && { dsaEncoding }) };
  if (key.type !== "rsa") return async (input) => sign(digest, Buffer.from(input), options);
  // Milliseconds of work: elsewhere, while others are served.
  return (input) => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    sign(digest, Buffer.from(input), options, (error, signature) => (error ? reject(error) : resolve(signature)));
    return promise;
  };
}

/** Throws an Error for a key of another algorithm. */
export function checkerWith(publicKey: KeyObject, algorithm: Algorithm): CheckSignature {
  const { digest, dsaEncoding } = formOf(publicKey, algorithm);
  const options = { key: publicKey, ...(dsaEncoding && { dsaEncoding }) };
  return (input, signature) => verify(digest, Buffer.from(input), options, signature);
}

function formOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: Algorithm): Form {
  const form = forms[algorithm];
  const fits = asymmetricKeyType === form?.key.type && asymmetricKeyDetails?.namedCurve === form?.key.curve;
  if (!fits) throw new Error(`not a key for ${algorithm}`);
  return form;
}

/** A compact JWS (RFC 7515 section 7.1) of this text. */
export async function signCompact(
  { kid, algorithm, sign: signed }: { kid: string; algorithm: Algorithm; sign: Sign },
  typ: string,
  payload: string,
): Promise<string> {
  const input = `${encoded(JSON.stringify({ alg: algorithm, typ, kid }))}.${encoded(payload)}`;
  return `${input}.${(await signed(input)).toString("base64url")}`;
}

const encoded = (text: string): string => Buffer.from(text).toString("base64url");
