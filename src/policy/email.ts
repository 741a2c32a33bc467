// The form under which a verified e-mail address is looked up. An attribute to find a user by, never an identity.

/**
 * NFC, trimmed, the domain as DNS compares it (NFKC, lower case); "" when it is no address. The local part keeps its
 * case (RFC 5321 section 2.4) and its compatibility characters: folding them would let one mailbox pose as another.
 */
export function emailKey(address: string): string {
  const text = address.normalize("NFC").trim();
  const at = text.lastIndexOf("@");
  const domain = text
    .slice(at + 1)
    .normalize("NFKC")
    .toLowerCase();
  if (at < 1 || domain === "" || /[@\s]/.test(domain)) return "";
  return `${text.slice(0, at)}@${domain}`;
}
