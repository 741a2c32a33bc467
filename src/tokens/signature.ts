// Signatures of JWS (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1), made and checked at once on the thread that asks:
// for elliptic curves that costs half of what handing them to another thread does.
import { constants, type KeyObject, sign, verify } from "node:crypto";
import type { Algorithm } from "../policy/keys.ts";

/** Over the bytes of a text in UTF-8. At once where that costs less than waiting for it. */
export type Sign = (input: string) => Buffer | Promise<Buffer>;
/** False for whatever is not a signature of the input by this key, whatever its form. */
export type CheckSignature = (input: string, signature: Uint8Array) => boolean;

type Form = {
  digest: string | null;
  /** What node:crypto says of a key of the algorithm. */
  key: { type: string; curve?: string };
  options?: { dsaEncoding: "ieee-p1363" } | { padding: number; saltLength?: number };
};

const ecdsa = (digest: string, curve: string): Form => ({
  digest,
  key: { type: "ec", curve },
  options: { dsaEncoding: "ieee-p1363" },
});
const rsa = (digest: string): Form => ({
  digest,
  key: { type: "rsa" },
  options: { padding: constants.RSA_PKCS1_PADDING },
});
const rsaPss = (digest: string): Form => ({
  digest,
  key: { type: "rsa" },
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});

const forms = new Map<string, Form>([
  ["ES256", ecdsa("sha256", "prime256v1")],
  ["ES384", ecdsa("sha384", "secp384r1")],
  ["ES512", ecdsa("sha512", "secp521r1")],
  ["RS256", rsa("sha256")],
  ["RS384", rsa("sha384")],
  ["RS512", rsa("sha512")],
  ["PS256", rsaPss("sha256")],
  ["PS384", rsaPss("sha384")],
  ["PS512", rsaPss("sha512")],
  ["EdDSA", { digest: null, key: { type: "ed25519" } }],
]);

/** Throws an Error for a key of another algorithm. */
export function signerWith(privateKey: KeyObject, algorithm: Algorithm): Sign {
  const { digest, key, ...form } = formOf(privateKey, algorithm);
  const options = { key: privateKey, ...form.options };
  if (key.type !== "rsa") return (input) => sign(digest, Buffer.from(input), options);
  // Milliseconds of work: elsewhere, while others are served.
  return (input) => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    sign(digest, Buffer.from(input), options, (error, signature) => (error ? reject(error) : resolve(signature)));
    return promise;
  };
}

/** `algorithm` is one of JWA's with a public key. Throws an Error for a key of another, and for one that is unknown. */
export function checkerWith(publicKey: KeyObject, algorithm: string): CheckSignature {
  const { digest, ...form } = formOf(publicKey, algorithm);
  const options = { key: publicKey, ...form.options };
  return (input, signature) => verify(digest, Buffer.from(input), options, signature);
}

function formOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: string): Form {
  const form = forms.get(algorithm);
  const fits = asymmetricKeyType === form?.key.type && asymmetricKeyDetails?.namedCurve === form?.key.curve;
  if (form === undefined || !fits) throw new Error(`not a key for ${algorithm}`);
  return form;
}

/** A compact JWS (RFC 7515 section 7.1) of this text. */
export async function signCompact(
  { kid, algorithm, sign: signed }: { kid: string; algorithm: Algorithm; sign: Sign },
  typ: string,
  payload: string,
): Promise<string> {
  const input = `${encoded(JSON.stringify({ alg: algorithm, typ, kid }))}.${encoded(payload)}`;
  const made = signed(input);
  const signature = made instanceof Promise ? await made : made;
  return `${input}.${signature.toString("base64url")}`;
}

const encoded = (text: string): string => Buffer.from(text).toString("base64url");
