// The cryptography of a call, on constant inputs of usual size, each the quickest way that node:crypto has.
import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";

/** Bytes of what is signed: a JWT's header and claims in base64url. The signature of ES256 adds 87 to it. */
const verifiedBytes = 613;
const signedBytes = 600;

export function createCryptography() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signing = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
  const verifying = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  const verified = textOf(verifiedBytes);
  const signature = sign("sha256", verified, signing);
  const toSign = textOf(signedBytes);
  const macKey = createSecretKey(randomBytes(32));
  const secret = textOf(44).toString();
  return {
    verify: (): void => {
      if (!verify("sha256", verified, verifying, signature)) throw new Error("the signature is not ours");
    },
    sign: (): void => void sign("sha256", toSign, signing),
    hmac: (): void => void createHmac("sha256", macKey).update(secret).digest(),
  };
}

/** As long as told, of letters as base64url has them. */
const textOf = (length: number): Buffer => Buffer.from(randomBytes(length).toString("base64url").slice(0, length));
