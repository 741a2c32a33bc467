// The form under which a verified e-mail address is looked up. An attribute to find a user by, never an identity.

/** NFKC, trimmed, the domain in lower case; "" when it is no address. The local part keeps its case (RFC 5321 §2.4). */
export function emailKey(address: string): string {
  const text = address.normalize("NFKC").trim();
  const at = text.lastIndexOf("@");
  if (at < 1 || at === text.length - 1) return "";
  return `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
}
