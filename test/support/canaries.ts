// Secrets with names, and a search for them in everything that a service puts out, however it may be encoded there.

export type Canaries = {
  /** Remembers a secret under a name, and answers it. */
  plant(name: string, secret: string): string;
  count(): number;
  /** The names of those that stand in a text. */
  foundIn(text: string | Uint8Array): string[];
};

export function createCanaries(): Canaries {
  const planted = new Map<string, string>();
  return {
    plant(name, secret) {
      if (secret.length < 8) throw new Error(`${name} is too short to be told from other text`);
      planted.set(name, secret);
      return secret;
    },
    count: () => planted.size,
    foundIn(text) {
      const all = typeof text === "string" ? text : Buffer.from(text).toString("latin1");
      return [...planted]
        .filter(([, secret]) => spellings(secret).some((one) => all.includes(one)))
        .map(([name]) => name);
    },
  };
}

const spellings = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  const encoded = (["base64", "base64url", "hex", "latin1"] as const).map((encoding) => bytes.toString(encoding));
  // A longer text around it moves base64 by one or two letters and bytes: its inside stays the same.
  const inside = [1, 2].map((shift) => bytes.subarray(shift).toString("base64").slice(0, -4));
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded, ...inside];
};
