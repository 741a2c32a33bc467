// The form in which texts are searched, and in which what is looked for is compared with them.

/** Without regard to case and to spellings that Unicode holds equal (NFKC). */
export const normalised = (text: string): string => text.normalize("NFKC").toLowerCase().trim();
