// The form under which a verified e-mail address is looked up. An attribute to find a user by, never an identity.
import { domainToASCII } from "node:url";

/**
 * The address in NFC and trimmed, its domain in the ASCII that DNS is asked for: mapped as in UTS #46, so lower case,
 * with compatibility characters folded and Unicode labels in punycode (RFC 5891). "" when it is no address of a host
 * name. The local part keeps its case (RFC 5321 section 2.4) and its compatibility characters: folding them would let
 * one mailbox pose as another.
 */
export function emailKey(address: string): string {
  if (isKey(address)) return address;
  const text = address.normalize("NFC").trim();
  const at = text.lastIndexOf("@");
  const domain = text.slice(at + 1);
  const ascii = hostName.test(domain) ? domainToASCII(domain) : "";
  if (at < 1 || ascii === "") return "";
  return `${text.slice(0, at)}@${ascii}`;
}

/** Most are their own key, and mapping costs more than seeing that: ASCII, in small letters, no label in punycode. */
const isKey = (address: string): boolean => plain.test(address) && !address.includes("--");

const plain = /^[!-~]+@(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*$/;

/**
 * Nothing that a URL parser, which domainToASCII is, would take for a port, a path or an escape, and so cut or decode;
 * and no last label that begins with a digit, which it would take for an IPv4 address.
 */
const hostName = /^(?:[\p{L}\p{M}\p{N}-]+\.)*\p{L}[\p{L}\p{M}\p{N}-]*$/u;
