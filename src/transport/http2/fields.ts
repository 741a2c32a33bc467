// Fields of a request: what HTTP/2 demands of them (RFC 9113 sections 8.2 and 8.3), and how they are looked up.

/** As it was received; `valid` as section 8.2.1 demands, and `size` as RFC 7541 section 4.1 counts, in bytes. */
export type Field = { readonly name: string; readonly value: string; readonly valid: boolean; readonly size: number };

const sizeOfAny = 32;

export function fieldOf(name: string, value: string): Field {
  return { name, value, valid: isValidName(name) && isValidValue(value), size: name.length + value.length + sizeOfAny };
}

/** The value of the first field of that name. */
export function valueOf(fields: readonly Field[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

/** The values of all of them. */
export const valuesOf = (fields: readonly Field[], name: string): string[] =>
  fields.filter((field) => field.name === name).map(({ value }) => value);

/** In small letters; a colon begins the pseudo-fields. */
const isValidName = (name: string): boolean => /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const isValidValue = (value: string): boolean => !/[\0\r\n]|^[ \t]|[ \t]$/.test(value);

const pseudo = new Set([":method", ":scheme", ":authority", ":path"]);
const ofConnections = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Whether these may begin a request. CONNECT is none that is served. */
export function isRequest(fields: readonly Field[]): boolean {
  let seen = "";
  let isRegular = false;
  for (const { name, value, valid } of fields) {
    if (!valid) return false;
    if (!name.startsWith(":")) {
      isRegular = true;
      if (!mayBeSent(name, value)) return false;
    } else {
      // Each once, before all others; a name never holds a blank.
      if (isRegular || !pseudo.has(name) || seen.includes(`${name} `)) return false;
      seen += `${name} `;
    }
  }
  const hasAll = seen.includes(":method ") && seen.includes(":scheme ") && seen.includes(":path ");
  return hasAll && valueOf(fields, ":path") !== "";
}

/** Whether these may end one. */
export const areTrailers = (fields: readonly Field[]): boolean =>
  fields.every(({ name, value, valid }) => valid && !name.startsWith(":") && mayBeSent(name, value));

const mayBeSent = (name: string, value: string): boolean =>
  name === "te" ? value === "trailers" : !ofConnections.has(name);
